import styles from "@/reader/FileMark.module.css";

const FAMILIES: Record<string, string> = {
  pdf: "pdf",
  doc: "text",
  docx: "text",
  docm: "text",
  ppt: "slides",
  pptx: "slides",
  pptm: "slides",
  xls: "sheet",
  xlsx: "sheet",
  xlsm: "sheet",
  csv: "sheet",
  tsv: "sheet",
  eml: "mail",
};

/** A small sheet of paper with the file's kind on it. */
export function FileMark({ name }: { name: string }) {
  const suffix = /\.([a-z0-9]{1,5})$/i.exec(name)?.[1]?.toLowerCase() ?? "";
  return (
    <span
      className={styles.mark}
      data-family={FAMILIES[suffix] ?? "plain"}
      data-suffix={(suffix || "file").slice(0, 4)}
      aria-hidden
    />
  );
}
