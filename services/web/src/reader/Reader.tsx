import { ActionIcon, Button, Loader, Tooltip } from "@mantine/core";
import { IconBooks, IconChevronLeft, IconChevronRight, IconDownload, IconX } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense, useCallback, useEffect, useState } from "react";
import { Link } from "wouter";

import { fileAddress, readFile, readPassage, readText } from "@/api/calls";
import { ApiError } from "@/api/client";
import { FileMark } from "@/reader/FileMark";
import { InContext, WholeDocument } from "@/reader/PassageText";
import styles from "@/reader/Reader.module.css";
import { useReading, type Place } from "@/reader/reading";
import { Notice } from "@/shell/Notice";
import { texts } from "@/texts";

const PdfView = lazy(() => import("@/reader/PdfView"));

export default function Reader() {
  const { place, close } = useReading();
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.key === "Escape" && !event.defaultPrevented) close();
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, [close]);
  if (!place) return null;
  return <Opened key={place.documentId} place={place} />;
}

/** What is shown: the page as it is printed, the passage in its stored text, or all of that text. */
type View = "page" | "passage" | "whole";

const isPdf = (place: Place): boolean => /\.pdf$/i.test(place.documentName);

function Opened({ place }: { place: Place }) {
  const drawable = isPdf(place);
  const [view, setView] = useState<View>(drawable ? "page" : "passage");
  const [failed, setFailed] = useState(false);
  const giveUp = useCallback(() => {
    setFailed(true);
    setView("passage");
  }, []);
  return (
    <div className={styles.reader} data-testid="reader">
      <Head place={place} />
      <div className={styles.body} data-view={view}>
        {failed && <p className={styles.changed}>{texts.asking.cannotDraw}</p>}
        {view === "page" && <Printed place={place} onFailed={giveUp} />}
        {view === "whole" && <Document place={place} />}
        {view === "passage" && <Passage key={place.chunkId} place={place} />}
      </div>
      <div className={styles.foot}>
        {drawable && !failed && (
          <Button size="compact-sm" variant="subtle" onClick={() => setView(view === "page" ? "passage" : "page")}>
            {view === "page" ? texts.asking.showText : texts.asking.showPage}
          </Button>
        )}
        {view !== "page" && (
          <Button size="compact-sm" variant="subtle" onClick={() => setView(view === "whole" ? "passage" : "whole")}>
            {view === "whole" ? texts.reader.passage : texts.reader.whole}
          </Button>
        )}
        <Button
          component={Link}
          href={`/documents/${place.documentId}?passage=${place.chunkId}`}
          size="compact-sm"
          variant="subtle"
          color="gray"
          leftSection={<IconBooks size={15} />}
        >
          {texts.reader.inLibrary}
        </Button>
        <Button
          component="a"
          href={fileAddress(place.documentId)}
          download={place.documentName}
          size="compact-sm"
          variant="subtle"
          color="gray"
          leftSection={<IconDownload size={15} />}
        >
          {texts.reader.download}
        </Button>
      </div>
    </div>
  );
}

/** The very version that was cited, drawn at the cited page. */
function Printed({ place, onFailed }: { place: Place; onFailed: () => void }) {
  const found = useQuery({
    queryKey: ["file", place.documentId, place.versionNumber],
    queryFn: ({ signal }) => readFile(place.documentId, place.versionNumber, signal),
    staleTime: 5 * 60_000,
    gcTime: 60_000,
  });
  useEffect(() => {
    if (found.isError) onFailed();
  }, [found.isError, onFailed]);
  const waiting = <Loader size="sm" type="dots" role="status" aria-label={texts.loading} />;
  if (!found.data) return waiting;
  return (
    <Suspense fallback={waiting}>
      <PdfView bytes={found.data} page={place.page ?? 1} sentence={place.quote} onFailed={onFailed}>
        <Passage key={place.chunkId} place={place} />
      </PdfView>
    </Suspense>
  );
}

function Head({ place }: { place: Place }) {
  const { close } = useReading();
  const where = [
    place.page === null ? null : texts.page(place.page),
    texts.version(place.versionNumber),
    ...place.headingPath,
  ];
  return (
    <header className={styles.head}>
      <FileMark name={place.documentName} />
      <div className={styles.words}>
        <h2 className={styles.name}>{place.documentName}</h2>
        <p className={styles.where}>{where.filter(Boolean).join(" · ")}</p>
      </div>
      <Steps />
      <ActionIcon variant="subtle" color="gray" aria-label={texts.reader.close} onClick={close}>
        <IconX size={18} />
      </ActionIcon>
    </header>
  );
}

function Steps() {
  const { places, at, open } = useReading();
  if (places.length < 2) return null;
  const step = (by: number): void => open(places, at + by);
  return (
    <div className={styles.steps}>
      <Tooltip label={texts.reader.previous}>
        <ActionIcon variant="subtle" color="gray" aria-label={texts.reader.previous} disabled={at === 0} onClick={() => step(-1)}>
          <IconChevronLeft size={18} />
        </ActionIcon>
      </Tooltip>
      <span className={styles.position}>{texts.reader.position(at + 1, places.length)}</span>
      <Tooltip label={texts.reader.next}>
        <ActionIcon
          variant="subtle"
          color="gray"
          aria-label={texts.reader.next}
          disabled={at === places.length - 1}
          onClick={() => step(1)}
        >
          <IconChevronRight size={18} />
        </ActionIcon>
      </Tooltip>
    </div>
  );
}

const spansOf = (place: Place) => (place.span ? [place.span] : []);

function Passage({ place }: { place: Place }) {
  const found = useQuery({
    queryKey: ["passage", place.chunkId],
    queryFn: () => readPassage(place.chunkId),
    staleTime: 60_000,
  });
  if (found.isPending) return <Loader size="sm" type="dots" role="status" aria-label={texts.loading} />;
  if (found.isError) return <Missing error={found.error} />;
  return <InContext passage={found.data} spans={spansOf(place)} />;
}

function Document({ place }: { place: Place }) {
  const found = useQuery({ queryKey: ["text", place.documentId], queryFn: () => readText(place.documentId) });
  if (found.isPending) return <Loader size="sm" type="dots" role="status" aria-label={texts.loading} />;
  if (found.isError) return <Missing error={found.error} />;
  if (found.data.version_id !== place.versionId) {
    return (
      <>
        <p className={styles.changed}>{texts.reader.changed}</p>
        <Passage place={place} />
      </>
    );
  }
  return <WholeDocument document={found.data} spans={spansOf(place)} page={place.page} />;
}

function Missing({ error }: { error: Error }) {
  if (error instanceof ApiError && error.status === 404) return <p className={styles.changed}>{texts.reader.missing}</p>;
  return <Notice problem={error} />;
}
