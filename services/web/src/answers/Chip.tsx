import { Popover, UnstyledButton } from "@mantine/core";
import { useEffect, useRef, useState, type KeyboardEvent } from "react";

import type { Citation } from "@/api/types";
import styles from "@/answers/Chip.module.css";
import { placeOfCitation, useReading } from "@/reader/reading";
import { Provenance } from "@/reader/Provenance";
import { texts } from "@/texts";

const OPEN_MS = 180;
const CLOSE_MS = 80;

const samePlace = (a: Citation, b: Citation): boolean =>
  a.chunk_id === b.chunk_id && a.start === b.start && a.end === b.end;

/** Open a moment after the pointer came, closed a moment after it left; the latest word counts. */
function usePreview() {
  const [shown, setShown] = useState(false);
  const timer = useRef(0);
  useEffect(() => () => window.clearTimeout(timer.current), []);
  const show = (value: boolean, after: number): void => {
    window.clearTimeout(timer.current);
    timer.current = window.setTimeout(() => setShown(value), after);
  };
  return { shown, show };
}

interface Props {
  citation: Citation;
  all: Citation[];
}

/** A sentence's number: shows its source under the pointer or the keyboard, opens it beside the answer. */
export function Chip({ citation, all }: Props) {
  const { place, open } = useReading();
  const { shown, show } = usePreview();
  const at = all.findIndex((one) => one.number === citation.number && samePlace(one, citation));
  const isOpen = place?.chunkId === citation.chunk_id && place.span?.start === citation.start;
  const words = texts.answer.source(citation.number, citation.document_name, citation.page);
  const onKey = (event: KeyboardEvent): void => {
    if (event.key !== "Escape" || !shown) return;
    event.preventDefault();
    show(false, 0);
  };
  return (
    <Popover opened={shown} onChange={(value) => show(value, 0)} width={340} shadow="md" withinPortal position="top">
      <Popover.Target>
        <UnstyledButton
          className={styles.chip}
          data-open={isOpen || undefined}
          data-testid="citation"
          aria-label={words}
          onClick={() => open(all.map(placeOfCitation), Math.max(at, 0))}
          onMouseEnter={() => show(true, OPEN_MS)}
          onMouseLeave={() => show(false, CLOSE_MS)}
          onFocus={(event) => event.currentTarget.matches(":focus-visible") && show(true, 0)}
          onBlur={() => show(false, 0)}
          onKeyDown={onKey}
        >
          {citation.number}
        </UnstyledButton>
      </Popover.Target>
      <Popover.Dropdown
        className={styles.preview}
        aria-label={words}
        onMouseEnter={() => show(true, 0)}
        onMouseLeave={() => show(false, CLOSE_MS)}
      >
        <Provenance name={citation.document_name} page={citation.page} headings={citation.heading_path} />
        <p className={styles.quote}>{citation.quote}</p>
      </Popover.Dropdown>
    </Popover>
  );
}
