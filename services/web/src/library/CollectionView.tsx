import { Button, NativeSelect, TextInput } from "@mantine/core";
import { IconFilePlus, IconSearch, IconUpload } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";

import { listDocuments } from "@/api/calls";
import type { Collection, LibraryDocument } from "@/api/types";
import { AddDocuments } from "@/library/AddDocuments";
import { readersOf } from "@/library/CollectionCards";
import styles from "@/library/CollectionView.module.css";
import { DocumentRow } from "@/library/DocumentRow";
import { useDropping } from "@/library/dropping";
import { EVERYTHING, fits, isFiltering, isMoving, type DocumentFilter } from "@/library/filter";
import type { Incoming } from "@/library/incoming";
import { UploadPanel } from "@/library/UploadPanel";
import { DOCUMENTS, useUploads } from "@/library/uploads";
import { EmptyState } from "@/shell/EmptyState";
import { Notice } from "@/shell/Notice";
import { texts } from "@/texts";

const LOOK_AGAIN_MS = 4_000;
/** A filter looks through so many pages by itself; "more" goes on. */
const FILTERED_PAGES = 20;

function useDocuments(collection: Collection, filtering: boolean) {
  const found = useInfiniteQuery({
    queryKey: [...DOCUMENTS, collection.id],
    queryFn: ({ pageParam }) => listDocuments(collection.id, pageParam),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    refetchInterval: ({ state }) =>
      state.data?.pages.some((page) => page.items.some(isMoving)) ? LOOK_AGAIN_MS : false,
  });
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = found;
  const pages = found.data?.pages.length ?? 0;
  useEffect(() => {
    if (filtering && hasNextPage && !isFetchingNextPage && pages < FILTERED_PAGES) void fetchNextPage();
  }, [filtering, hasNextPage, isFetchingNextPage, pages, fetchNextPage]);
  return found;
}

export function CollectionView({ collection }: { collection: Collection }) {
  const { add } = useUploads();
  const [filter, setFilter] = useState(EVERYTHING);
  const found = useDocuments(collection, isFiltering(filter));
  const take = (files: Incoming[]): void => void add(collection.id, files);
  const { over, handlers } = useDropping(collection.may_contribute ? take : null);
  const documents = found.data?.pages.flatMap((page) => page.items) ?? [];
  const shown = documents.filter((one) => fits(one, filter));
  return (
    <div className={styles.view} {...handlers}>
      <header className={styles.head}>
        <div>
          {collection.description && <p>{collection.description}</p>}
          <p className={styles.readers}>{collection.may_contribute ? readersOf(collection) : texts.library.readOnly}</p>
        </div>
        {collection.may_contribute && <AddDocuments onFiles={take} />}
      </header>
      <UploadPanel />
      {found.isError && <Notice problem={found.error} onRetry={() => void found.refetch()} />}
      {found.isSuccess && documents.length === 0 && <Empty collection={collection} onFiles={take} />}
      {documents.length > 0 && <FilterBar filter={filter} onChange={setFilter} shown={shown.length} of={documents.length} />}
      <Rows collection={collection} documents={shown} />
      {found.hasNextPage && (
        <Button variant="default" onClick={() => void found.fetchNextPage()} loading={found.isFetchingNextPage}>
          {texts.more}
        </Button>
      )}
      {over && (
        <div className={styles.drop} aria-hidden>
          <IconUpload size={30} stroke={1.6} />
          {texts.library.drop}
        </div>
      )}
    </div>
  );
}

function Rows({ collection, documents }: { collection: Collection; documents: LibraryDocument[] }) {
  if (documents.length === 0) return null;
  return (
    <ul className={styles.list} aria-label={collection.title || collection.name}>
      {documents.map((document) => (
        <DocumentRow key={document.id} document={document} mayChange={collection.may_contribute} />
      ))}
    </ul>
  );
}

interface BarProps {
  filter: DocumentFilter;
  onChange: (filter: DocumentFilter) => void;
  shown: number;
  of: number;
}

function FilterBar({ filter, onChange, shown, of }: BarProps) {
  const words = texts.docs.filter;
  const states = (["all", "ready", "moving", "trouble"] as const).map((value) => ({ value, label: words[value] }));
  return (
    <div className={styles.filter}>
      <TextInput
        type="search"
        className={styles.find ?? ""}
        leftSection={<IconSearch size={16} stroke={1.7} />}
        placeholder={words.name}
        aria-label={words.name}
        value={filter.name}
        onChange={(event) => onChange({ ...filter, name: event.currentTarget.value })}
      />
      <NativeSelect
        aria-label={words.state}
        data={states}
        value={filter.state}
        onChange={(event) => onChange({ ...filter, state: event.currentTarget.value as DocumentFilter["state"] })}
      />
      <p className={styles.counted} role="status">
        {isFiltering(filter) && (shown === 0 ? words.none : words.some(shown, of))}
      </p>
    </div>
  );
}

function Empty({ collection, onFiles }: { collection: Collection; onFiles: (files: Incoming[]) => void }) {
  if (!collection.may_contribute) return <EmptyState title={texts.library.emptyTitle} lead={texts.library.emptyLead} />;
  return (
    <div className={styles.empty}>
      <EmptyState
        icon={<IconFilePlus size={26} stroke={1.6} />}
        title={texts.library.dropHere}
        lead={texts.library.formats}
      >
        <AddDocuments onFiles={onFiles} />
      </EmptyState>
    </div>
  );
}
