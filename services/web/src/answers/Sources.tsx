import { UnstyledButton } from "@mantine/core";

import type { Citation, Sentence } from "@/api/types";
import { citationsOf } from "@/answers/draft";
import styles from "@/answers/Sources.module.css";
import { Provenance } from "@/reader/Provenance";
import { placeOfCitation, useReading } from "@/reader/reading";
import { texts } from "@/texts";

/** What the answer rests on, each numbered place once. */
export function Sources({ sentences }: { sentences: Sentence[] }) {
  const { open } = useReading();
  const citations = citationsOf(sentences);
  if (citations.length === 0) return null;
  const first = citations.filter((one, n) => citations.findIndex((other) => other.number === one.number) === n);
  const show = (citation: Citation): void => open(citations.map(placeOfCitation), citations.indexOf(citation));
  return (
    <section aria-label={texts.answer.sources}>
      <h2 className={styles.title}>{texts.answer.sources}</h2>
      <ul className={styles.list}>
        {first.map((citation) => (
          <li key={citation.number}>
            <UnstyledButton className={styles.card} onClick={() => show(citation)}>
              <span className={styles.number}>{citation.number}</span>
              <Provenance name={citation.document_name} page={citation.page} headings={citation.heading_path} />
            </UnstyledButton>
          </li>
        ))}
      </ul>
    </section>
  );
}
