import { Button } from "@mantine/core";
import { IconFilePlus, IconUpload } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";

import { listDocuments } from "@/api/calls";
import type { Collection, LibraryDocument } from "@/api/types";
import styles from "@/library/CollectionView.module.css";
import { DocumentRow } from "@/library/DocumentRow";
import { useDropping } from "@/library/dropping";
import { UploadPanel } from "@/library/UploadPanel";
import { DOCUMENTS, useUploads } from "@/library/uploads";
import { EmptyState } from "@/shell/EmptyState";
import { Notice } from "@/shell/Notice";
import { texts } from "@/texts";

const ACCEPT = ".pdf,.docx,.docm,.pptx,.pptm,.xlsx,.xlsm,.html,.htm,.md,.markdown,.txt,.text,.csv,.tsv,.eml";
const LOOK_AGAIN_MS = 4_000;

const isMoving = (one: LibraryDocument): boolean => one.state === "waiting" || one.state === "processing";

function useDocuments(collection: Collection) {
  return useInfiniteQuery({
    queryKey: [...DOCUMENTS, collection.id],
    queryFn: ({ pageParam }) => listDocuments(collection.id, pageParam),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    refetchInterval: ({ state }) =>
      state.data?.pages.some((page) => page.items.some(isMoving)) ? LOOK_AGAIN_MS : false,
  });
}

export function CollectionView({ collection }: { collection: Collection }) {
  const { add } = useUploads();
  const found = useDocuments(collection);
  const take = (files: File[]): void => add(collection.id, files);
  const { over, handlers } = useDropping(collection.may_contribute ? take : null);
  const documents = found.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <div className={styles.view} {...handlers}>
      <Head collection={collection} onFiles={take} />
      <UploadPanel />
      {found.isError && <Notice problem={found.error} onRetry={() => void found.refetch()} />}
      {found.isSuccess && documents.length === 0 && <Empty collection={collection} onFiles={take} />}
      {documents.length > 0 && (
        <ul className={styles.list} aria-label={collection.title || collection.name}>
          {documents.map((document) => (
            <DocumentRow key={document.id} document={document} mayChange={collection.may_contribute} />
          ))}
        </ul>
      )}
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

function Head({ collection, onFiles }: { collection: Collection; onFiles: (files: File[]) => void }) {
  const readers = collection.reader_groups?.map((group) => group.name).join(", ");
  return (
    <header className={styles.head}>
      <div>
        {collection.description && <p>{collection.description}</p>}
        <p className={styles.readers}>
          {collection.may_contribute ? readers && texts.library.readers(readers) : texts.library.readOnly}
        </p>
      </div>
      {collection.may_contribute && <Choose onFiles={onFiles} />}
    </header>
  );
}

/** The browser's own file dialogue, dressed as a button. */
function Choose({ onFiles }: { onFiles: (files: File[]) => void }) {
  return (
    <Button component="label" leftSection={<IconUpload size={17} />} className={styles.choose ?? ""}>
      {texts.library.add}
      <input
        type="file"
        multiple
        accept={ACCEPT}
        className={styles.input}
        aria-label={texts.library.add}
        onChange={(event) => {
          onFiles(Array.from(event.currentTarget.files ?? []));
          event.currentTarget.value = "";
        }}
      />
    </Button>
  );
}

function Empty({ collection, onFiles }: { collection: Collection; onFiles: (files: File[]) => void }) {
  if (!collection.may_contribute) return <EmptyState title={texts.library.emptyTitle} lead={texts.library.emptyLead} />;
  return (
    <div className={styles.empty}>
      <EmptyState
        icon={<IconFilePlus size={26} stroke={1.6} />}
        title={texts.library.dropHere}
        lead={texts.library.formats}
      >
        <Choose onFiles={onFiles} />
      </EmptyState>
    </div>
  );
}
