import { Loader, TextInput } from "@mantine/core";
import { IconSearch } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useDeferredValue, useMemo, useState } from "react";

import { readPassage, readText } from "@/api/calls";
import { readVersionText } from "@/api/libraryCalls";
import type { DocumentText as Stored, LibraryDocument } from "@/api/types";
import styles from "@/library/DocumentPage.module.css";
import { placesOf } from "@/reader/finding";
import type { Span } from "@/reader/highlight";
import { WholeDocument } from "@/reader/PassageText";
import { Notice } from "@/shell/Notice";
import page from "@/shell/Page.module.css";
import { texts } from "@/texts";

interface Props {
  document: LibraryDocument;
  /** The passage one came from; marked until something is looked for. */
  passage: string | null;
  version: number | null;
}

export function DocumentText({ document, passage, version }: Props) {
  const found = useQuery({
    queryKey: ["text", document.id, version],
    queryFn: () => (version === null ? readText(document.id) : readVersionText(document.id, version)),
    enabled: version !== null || document.version !== null,
  });
  if (version === null && document.version === null) return <p className={page.lead}>{texts.library.noText}</p>;
  if (found.isPending) return <Loader size="sm" type="dots" role="status" aria-label={texts.loading} />;
  if (found.isError) return <Notice problem={found.error} />;
  return <Readable stored={found.data} passage={passage} version={version} />;
}

const NONE: Span[] = [];

function Readable({ stored, passage, version }: { stored: Stored; passage: string | null; version: number | null }) {
  const [wanted, setWanted] = useState("");
  const looked = useDeferredValue(wanted.trim());
  const places = useMemo(() => placesOf(stored.text, looked), [stored.text, looked]);
  const from = useQuery({ queryKey: ["passage", passage], queryFn: () => readPassage(passage ?? ""), enabled: passage !== null });
  const own = useMemo(
    () => (from.data?.version_id === stored.version_id ? [{ start: from.data.start, end: from.data.end }] : NONE),
    [from.data, stored.version_id],
  );
  const words = texts.docs.document;
  return (
    <section className={page.panel}>
      <div className={styles.bar}>
        <TextInput
          type="search"
          className={styles.find ?? ""}
          leftSection={<IconSearch size={16} stroke={1.7} />}
          placeholder={words.find}
          aria-label={words.find}
          value={wanted}
          onChange={(event) => setWanted(event.currentTarget.value)}
        />
        <p className={page.muted} role="status">
          {looked ? words.hits(places.length) : own.length > 0 ? words.passageShown : words.stored}
          {version !== null && ` · ${texts.version(version)}`}
        </p>
      </div>
      <div className={styles.text}>
        <WholeDocument document={stored} spans={looked ? places : own} />
      </div>
    </section>
  );
}
