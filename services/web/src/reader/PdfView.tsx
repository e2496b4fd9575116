import { ActionIcon, Loader } from "@mantine/core";
import { useElementSize } from "@mantine/hooks";
import { IconChevronLeft, IconChevronRight } from "@tabler/icons-react";
import { useEffect, useRef, useState, type ReactNode } from "react";

import { drawPage, openPdf, pageOf, type Pdf } from "@/reader/pdf";
import "@/reader/textLayer.css";
import styles from "@/reader/PdfView.module.css";
import { texts } from "@/texts";

interface Props {
  bytes: ArrayBuffer;
  page: number;
  /** The supporting sentence; empty where a page is shown as a whole. */
  sentence: string;
  /** The file is no PDF that can be drawn. */
  onFailed: () => void;
  /** The stored text, for a page on which the sentence is not found. */
  children: ReactNode;
}

/** A PDF's page as it is printed, the supporting sentence marked on it. */
export default function PdfView({ bytes, page, sentence, onFailed, children }: Props) {
  const [pdf, setPdf] = useState<Pdf | null>(null);
  const [number, setNumber] = useState<number | null>(null);
  useEffect(() => {
    // A copy: what is handed to the worker is gone from here.
    const { pdf: opening, close } = openPdf(bytes.slice(0));
    let left = false;
    opening.then(
      (opened) => {
        if (!left) setPdf(opened);
      },
      () => {
        if (!left) onFailed();
      },
    );
    return () => {
      left = true;
      setPdf(null);
      close();
    };
  }, [bytes, onFailed]);
  useEffect(() => {
    if (!pdf) return;
    let left = false;
    pageOf(pdf, page, sentence).then(
      (found) => {
        if (!left) setNumber(found);
      },
      () => {
        if (!left) onFailed();
      },
    );
    return () => {
      left = true;
    };
  }, [pdf, page, sentence, onFailed]);
  if (!pdf || number === null) return <Loader size="sm" type="dots" role="status" aria-label={texts.loading} />;
  return (
    <>
      <Pager at={number} of={pdf.numPages} onChange={setNumber} />
      <PageView key={number} pdf={pdf} number={number} sentence={sentence} onFailed={onFailed}>
        {children}
      </PageView>
    </>
  );
}

function Pager({ at, of, onChange }: { at: number; of: number; onChange: (page: number) => void }) {
  return (
    <div className={styles.pager}>
      <ActionIcon variant="subtle" color="gray" aria-label={texts.asking.pageBefore} disabled={at === 1} onClick={() => onChange(at - 1)}>
        <IconChevronLeft size={17} />
      </ActionIcon>
      <span role="status">{texts.asking.pageOf(at, of)}</span>
      <ActionIcon variant="subtle" color="gray" aria-label={texts.asking.pageAfter} disabled={at === of} onClick={() => onChange(at + 1)}>
        <IconChevronRight size={17} />
      </ActionIcon>
    </div>
  );
}

interface PageProps {
  pdf: Pdf;
  number: number;
  sentence: string;
  onFailed: () => void;
  children: ReactNode;
}

function PageView({ pdf, number, sentence, onFailed, children }: PageProps) {
  const frame = useRef<HTMLDivElement>(null);
  const { ref, width } = useElementSize<HTMLDivElement>();
  const [drawn, setDrawn] = useState(false);
  const [missed, setMissed] = useState(false);
  const wide = Math.floor(width);
  useEffect(() => {
    if (!frame.current || wide === 0) return;
    const leaving = new AbortController();
    const drawing = { number, width: wide, frame: frame.current, sentence, markClass: styles.mark ?? "" };
    drawPage(pdf, { ...drawing, signal: leaving.signal }).then(
      ({ mark }) => {
        if (leaving.signal.aborted) return;
        mark?.scrollIntoView({ block: "center" });
        setMissed(sentence !== "" && mark === null);
        setDrawn(true);
      },
      () => {
        if (!leaving.signal.aborted) onFailed();
      },
    );
    return () => leaving.abort();
  }, [pdf, number, wide, sentence, onFailed]);
  return (
    <div ref={ref} className={styles.room} aria-busy={!drawn} data-testid="pdf-page" data-drawn={drawn || undefined}>
      {missed && (
        <div className={styles.missed}>
          <p>{texts.asking.notOnPage}</p>
          {children}
        </div>
      )}
      <div ref={frame} className={styles.frame} role="document" aria-label={texts.page(number)} tabIndex={0} />
      {!drawn && <Loader size="sm" type="dots" role="status" aria-label={texts.loading} />}
    </div>
  );
}
