import { UnstyledButton } from "@mantine/core";
import { useMemo } from "react";

import type { Passage } from "@/api/types";
import { reflow } from "@/reader/highlight";
import styles from "@/reader/PassageList.module.css";
import { Provenance } from "@/reader/Provenance";
import { placeOfPassage, useReading } from "@/reader/reading";
import { excerptOf, piecesOf, wordsOf } from "@/reader/excerpt";

interface Props {
  passages: Passage[];
  question: string;
}

export function PassageList({ passages, question }: Props) {
  const { open, place } = useReading();
  const words = useMemo(() => wordsOf(question), [question]);
  return (
    <ol className={styles.list}>
      {passages.map((passage, n) => (
        <li key={passage.chunk_id}>
          <UnstyledButton
            className={styles.card}
            data-testid="passage-card"
            data-open={place?.chunkId === passage.chunk_id || undefined}
            onClick={() => open(passages.map(placeOfPassage), n)}
          >
            <Provenance name={passage.document_name} page={passage.page} headings={passage.heading_path} />
            <Excerpt text={passage.text} words={words} />
          </UnstyledButton>
        </li>
      ))}
    </ol>
  );
}

function Excerpt({ text, words }: { text: string; words: Set<string> }) {
  const pieces = piecesOf(excerptOf(reflow(text), words), words);
  return (
    <p className={styles.excerpt}>
      {pieces.map((piece, n) => (piece.marked ? <mark key={n}>{piece.text}</mark> : <span key={n}>{piece.text}</span>))}
    </p>
  );
}
