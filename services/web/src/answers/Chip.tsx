import { HoverCard, UnstyledButton } from "@mantine/core";

import type { Citation } from "@/api/types";
import styles from "@/answers/Chip.module.css";
import { placeOfCitation, useReading } from "@/reader/reading";
import { Provenance } from "@/reader/Provenance";
import { texts } from "@/texts";

const samePlace = (a: Citation, b: Citation): boolean =>
  a.chunk_id === b.chunk_id && a.start === b.start && a.end === b.end;

interface Props {
  citation: Citation;
  all: Citation[];
}

/** A sentence's number: shows its source under the pointer, opens it beside the answer. */
export function Chip({ citation, all }: Props) {
  const { place, open } = useReading();
  const at = all.findIndex((one) => one.number === citation.number && samePlace(one, citation));
  const shown = place?.chunkId === citation.chunk_id && place.span?.start === citation.start;
  return (
    <HoverCard width={340} shadow="md" openDelay={180} closeDelay={80} withinPortal position="top">
      <HoverCard.Target>
        <UnstyledButton
          className={styles.chip}
          data-open={shown || undefined}
          data-testid="citation"
          aria-label={texts.answer.source(citation.number, citation.document_name, citation.page)}
          onClick={() => open(all.map(placeOfCitation), Math.max(at, 0))}
        >
          {citation.number}
        </UnstyledButton>
      </HoverCard.Target>
      <HoverCard.Dropdown className={styles.preview}>
        <Provenance name={citation.document_name} page={citation.page} headings={citation.heading_path} />
        <p className={styles.quote}>{citation.quote}</p>
      </HoverCard.Dropdown>
    </HoverCard>
  );
}
