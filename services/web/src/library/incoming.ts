/** A file on its way in, with the name it is to have: below a chosen folder, its path from there. */
export interface Incoming {
  file: File;
  name: string;
}

const HIDDEN = /(?:^|\/)[.~]|(?:^|\/)(?:Thumbs\.db|desktop\.ini)$/i;

export const isHidden = (name: string): boolean => HIDDEN.test(name);

export function fromInput(files: FileList | null): Incoming[] {
  return Array.from(files ?? []).map((file) => ({ file, name: file.webkitRelativePath || file.name }));
}

function readFile(entry: FileSystemFileEntry, name: string): Promise<Incoming[]> {
  return new Promise((resolve) => entry.file((file) => resolve([{ file, name }]), () => resolve([])));
}

/** A reader gives a hundred entries at a time, and none at the end. */
async function readFolder(entry: FileSystemDirectoryEntry, name: string): Promise<Incoming[]> {
  const reader = entry.createReader();
  const found: Incoming[] = [];
  for (;;) {
    const entries = await new Promise<FileSystemEntry[]>((resolve) => reader.readEntries(resolve, () => resolve([])));
    if (entries.length === 0) return found;
    for (const inner of entries) found.push(...(await readEntry(inner, `${name}/${inner.name}`)));
  }
}

function readEntry(entry: FileSystemEntry, name: string): Promise<Incoming[]> {
  if (entry.isFile) return readFile(entry as FileSystemFileEntry, name);
  return readFolder(entry as FileSystemDirectoryEntry, name);
}

/** What was dropped, folders with all that is in them. The entries have to be taken before anything is awaited. */
export async function fromDrop(transfer: DataTransfer): Promise<Incoming[]> {
  const entries = Array.from(transfer.items).map((item) => item.webkitGetAsEntry());
  const plain = Array.from(transfer.files).map((file) => ({ file, name: file.name }));
  if (entries.every((entry) => entry === null)) return plain;
  const found = await Promise.all(entries.map((entry) => (entry ? readEntry(entry, entry.name) : Promise.resolve([]))));
  return found.flat();
}
