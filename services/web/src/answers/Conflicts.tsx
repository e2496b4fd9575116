import { UnstyledButton } from "@mantine/core";
import { IconArrowsDiff } from "@tabler/icons-react";

import type { Answer, Citation } from "@/api/types";
import styles from "@/answers/Conflicts.module.css";
import { Provenance } from "@/reader/Provenance";
import { placeOfCitation, useReading } from "@/reader/reading";
import { texts } from "@/texts";

/** Sources that say the same with other figures: the reader decides, and is shown both. */
export function Conflicts({ conflicts }: { conflicts: Answer["conflicts"] }) {
  const { open } = useReading();
  if (conflicts.length === 0) return null;
  return (
    <section className={styles.conflicts} aria-label={texts.finding.conflicts} data-testid="conflicts">
      <h2 className={styles.title}>
        <IconArrowsDiff size={18} stroke={1.7} aria-hidden />
        {texts.finding.conflicts}
      </h2>
      {conflicts.map(({ one, other, are_editions: editions }) => (
        <div key={`${one.chunk_id}${one.start}${other.chunk_id}${other.start}`} className={styles.pair}>
          {editions && <p>{texts.finding.editions}</p>}
          {[one, other].map((side) => (
            <Side key={`${side.chunk_id}${side.start}`} side={side} onOpen={() => open([one, other].map(placeOfCitation), side === one ? 0 : 1)} />
          ))}
        </div>
      ))}
    </section>
  );
}

function Side({ side, onOpen }: { side: Citation; onOpen: () => void }) {
  return (
    <UnstyledButton className={styles.side} onClick={onOpen}>
      <Provenance name={side.document_name} page={side.page} headings={side.heading_path} />
      <span className={styles.quote}>{side.quote}</span>
    </UnstyledButton>
  );
}
