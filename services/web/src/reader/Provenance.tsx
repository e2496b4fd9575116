import { FileMark } from "@/reader/FileMark";
import styles from "@/reader/Provenance.module.css";
import { texts } from "@/texts";

interface Props {
  name: string;
  page: number | null;
  headings: string[];
}

/** Which document, which page, under which heading. */
export function Provenance({ name, page, headings }: Props) {
  const under = headings.at(-1);
  return (
    <div className={styles.provenance}>
      <FileMark name={name} />
      <div className={styles.words}>
        <span className={styles.name}>{name}</span>
        <span className={styles.where}>
          {[page === null ? null : texts.page(page), under].filter(Boolean).join(" · ")}
        </span>
      </div>
    </div>
  );
}
