import { Button } from "@mantine/core";
import { IconFolderPlus, IconUpload } from "@tabler/icons-react";

import styles from "@/library/CollectionView.module.css";
import { fromInput, type Incoming } from "@/library/incoming";
import { texts } from "@/texts";

const ACCEPT = [
  ".pdf,.docx,.docm,.dotx,.doc,.rtf,.odt,.pptx,.pptm,.ppt,.odp,.xlsx,.xlsm,.xlsb,.xls,.ods,.csv,.tsv",
  ".html,.htm,.xhtml,.md,.markdown,.txt,.text,.json,.jsonl,.xml,.epub,.eml,.msg,.zip",
].join();

/** React knows no such attribute, every browser does. */
const FOLDER = { webkitdirectory: "" };

interface Props {
  onFiles: (files: Incoming[]) => void;
}

/** The browser's own dialogues for files and for a folder, dressed as buttons. */
export function AddDocuments({ onFiles }: Props) {
  return (
    <div className={styles.adding}>
      <Choice words={texts.library.add} folder={false} onFiles={onFiles} />
      <Choice words={texts.docs.folder} folder onFiles={onFiles} />
    </div>
  );
}

function Choice({ words, folder, onFiles }: Props & { words: string; folder: boolean }) {
  const Symbol = folder ? IconFolderPlus : IconUpload;
  return (
    <Button
      component="label"
      variant={folder ? "default" : "filled"}
      leftSection={<Symbol size={17} />}
      className={styles.choose ?? ""}
    >
      {words}
      <input
        type="file"
        multiple
        {...(folder ? FOLDER : { accept: ACCEPT })}
        className={styles.input}
        aria-label={words}
        onChange={(event) => {
          onFiles(fromInput(event.currentTarget.files));
          event.currentTarget.value = "";
        }}
      />
    </Button>
  );
}
