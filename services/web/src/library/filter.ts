import type { LibraryDocument } from "@/api/types";

export interface DocumentFilter {
  name: string;
  state: "all" | "ready" | "moving" | "trouble";
}

export const EVERYTHING: DocumentFilter = { name: "", state: "all" };

export const isMoving = (one: LibraryDocument): boolean => one.state === "waiting" || one.state === "processing";
export const isTrouble = (one: LibraryDocument): boolean =>
  one.state === "failed" || one.state === "quarantined" || one.warnings.length > 0;

export const isFiltering = (filter: DocumentFilter): boolean => filter.name.trim() !== "" || filter.state !== "all";

/** Every word of the name wanted, in any order; accents count as they are written. */
export function fits(document: LibraryDocument, { name, state }: DocumentFilter): boolean {
  const written = document.name.toLowerCase();
  if (!name.toLowerCase().split(/\s+/).every((word) => written.includes(word))) return false;
  if (state === "ready") return document.state === "visible";
  if (state === "moving") return isMoving(document);
  return state === "all" || isTrouble(document);
}
