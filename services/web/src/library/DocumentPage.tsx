import { Button } from "@mantine/core";
import { IconChevronLeft, IconDownload, IconFileOff, IconTrash } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link, useLocation, useSearch } from "wouter";

import { fileAddress } from "@/api/calls";
import { ApiError } from "@/api/client";
import { readDocument } from "@/api/libraryCalls";
import type { Collection, LibraryDocument } from "@/api/types";
import { collectionsQuery } from "@/answers/collections";
import { DocumentFacts, DocumentTrouble } from "@/library/DocumentFacts";
import { DocumentReaders } from "@/library/DocumentReaders";
import { DocumentText } from "@/library/DocumentText";
import styles from "@/library/LibraryPage.module.css";
import { RemoveDialog } from "@/library/RemoveDialog";
import { Versions } from "@/library/Versions";
import { EmptyState } from "@/shell/EmptyState";
import { Loading } from "@/shell/Loading";
import { Notice } from "@/shell/Notice";
import page from "@/shell/Page.module.css";
import { texts } from "@/texts";

const LOOK_AGAIN_MS = 4_000;
type Tab = "text" | "versions" | "readers";

function useDocument(id: string) {
  return useQuery({
    queryKey: ["documents", "one", id],
    queryFn: () => readDocument(id),
    refetchInterval: ({ state }) =>
      state.data && ["waiting", "processing"].includes(state.data.state) ? LOOK_AGAIN_MS : false,
  });
}

export default function DocumentPage({ id }: { id: string }) {
  const found = useDocument(id);
  const collections = useQuery(collectionsQuery);
  if (found.isPending || collections.isPending) return <Loading />;
  if (found.isError) return <NotThere error={found.error} onRetry={() => void found.refetch()} />;
  const collection = collections.data?.items.find((one) => one.id === found.data.collection_id);
  return <Shown document={found.data} collection={collection} />;
}

function NotThere({ error, onRetry }: { error: Error; onRetry: () => void }) {
  if (!(error instanceof ApiError) || error.status !== 404) {
    return (
      <div className={page.page}>
        <Notice problem={error} onRetry={onRetry} />
      </div>
    );
  }
  return (
    <EmptyState icon={<IconFileOff size={26} stroke={1.6} />} title={texts.docs.document.gone}>
      <Button component={Link} href="/library" variant="default">
        {texts.docs.back}
      </Button>
    </EmptyState>
  );
}

interface Props {
  document: LibraryDocument;
  collection: Collection | undefined;
}

function Shown({ document, collection }: Props) {
  const query = new URLSearchParams(useSearch());
  const tab = (query.get("tab") ?? "text") as Tab;
  return (
    <div className={page.page}>
      <Head document={document} collection={collection} />
      <DocumentTrouble document={document} mayChange={collection?.may_contribute ?? false} />
      <DocumentFacts document={document} collection={collection} />
      <Tabs id={document.id} tab={tab} />
      {tab === "versions" && <Versions document={document} />}
      {tab === "readers" && <DocumentReaders key={document.narrowed_to?.join()} document={document} collection={collection} />}
      {tab !== "versions" && tab !== "readers" && (
        <DocumentText document={document} passage={query.get("passage")} version={Number(query.get("version")) || null} />
      )}
    </div>
  );
}

function Head({ document, collection }: Props) {
  const [removing, setRemoving] = useState(false);
  const [, go] = useLocation();
  const home = collection ? `/library/${encodeURIComponent(collection.name)}` : "/library";
  return (
    <header className={page.head}>
      <div>
        <Link href={home} className={styles.back}>
          <IconChevronLeft size={16} stroke={1.8} aria-hidden />
          {collection ? collection.title || collection.name : texts.library.title}
        </Link>
        <h1 className={page.title}>{document.name}</h1>
      </div>
      <div className={page.actions}>
        {document.version && (
          <Button
            component="a"
            href={fileAddress(document.id)}
            download={document.name}
            variant="default"
            leftSection={<IconDownload size={17} />}
          >
            {texts.library.download}
          </Button>
        )}
        {collection?.may_contribute && (
          <Button variant="default" leftSection={<IconTrash size={17} />} onClick={() => setRemoving(true)}>
            {texts.library.remove}
          </Button>
        )}
      </div>
      {removing && (
        <RemoveDialog
          document={document}
          onClose={(removed) => {
            setRemoving(false);
            if (removed) go(home);
          }}
        />
      )}
    </header>
  );
}

function Tabs({ id, tab }: { id: string; tab: Tab }) {
  const words = texts.docs.document.tabs;
  const entries: [Tab, string][] = [
    ["text", words.text],
    ["versions", words.versions],
    ["readers", words.readers],
  ];
  return (
    <nav className={page.tabs} aria-label={words.label}>
      {entries.map(([name, label]) => (
        <Link
          key={name}
          href={`/documents/${id}${name === "text" ? "" : `?tab=${name}`}`}
          replace
          className={page.tab}
          aria-current={tab === name ? "page" : undefined}
        >
          {label}
        </Link>
      ))}
    </nav>
  );
}
