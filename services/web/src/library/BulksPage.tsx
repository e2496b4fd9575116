import { Button, Progress } from "@mantine/core";
import { IconFolders } from "@tabler/icons-react";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";

import { readQueue } from "@/api/adminCalls";
import { listBulks } from "@/api/oversightCalls";
import type { Bulk } from "@/api/types";
import { BulkActions } from "@/library/BulkActions";
import { LibraryNav } from "@/library/LibraryNav";
import styles from "@/library/Bulks.module.css";
import { EmptyState } from "@/shell/EmptyState";
import { Loading } from "@/shell/Loading";
import { Notice } from "@/shell/Notice";
import page from "@/shell/Page.module.css";
import { texts } from "@/texts";
import { dayAndTime } from "@/texts/dates";

const words = texts.over.bulks;
const LOOK_AGAIN_MS = 5_000;
export const BULKS = ["bulks"] as const;

/** The caller's bulk uploads, newest first, each steered as one. */
export default function BulksPage() {
  const found = useInfiniteQuery({
    queryKey: BULKS,
    queryFn: ({ pageParam }) => listBulks(pageParam),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next_cursor ?? null,
    refetchInterval: LOOK_AGAIN_MS,
  });
  const bulks = found.data?.pages.flatMap((one) => one.items) ?? [];
  return (
    <div className={page.page}>
      <header className={page.head}>
        <div>
          <h1 className={page.title}>{words.title}</h1>
          <p className={page.lead}>{words.lead}</p>
        </div>
      </header>
      <LibraryNav />
      <Unworked />
      {found.isPending && <Loading />}
      {found.isError && <Notice problem={found.error} onRetry={() => void found.refetch()} />}
      {found.data && bulks.length === 0 && (
        <EmptyState icon={<IconFolders size={26} stroke={1.6} />} title={words.none} lead={words.noneLead} />
      )}
      <ul className={styles.list}>
        {bulks.map((one) => (
          <BulkCard key={one.id} bulk={one} />
        ))}
      </ul>
      {found.hasNextPage && (
        <Button variant="default" onClick={() => void found.fetchNextPage()}>
          {words.more}
        </Button>
      )}
    </div>
  );
}

/** Waiting without a worker would be waiting for nothing. */
function Unworked() {
  const queue = useQuery({ queryKey: ["queue"], queryFn: readQueue, refetchInterval: LOOK_AGAIN_MS });
  if (queue.data?.is_worked !== false) return null;
  return (
    <p className={styles.unworked} role="status">
      {words.noWorker}
    </p>
  );
}

const ENDED = ["done", "unchanged", "failed", "quarantined", "cancelled"] as const;

function BulkCard({ bulk }: { bulk: Bulk }) {
  const all = Math.max(bulk.expected ?? 0, bulk.total + bulk.counts.unchanged);
  const ended = ENDED.reduce((sum, state) => sum + bulk.counts[state], 0);
  const title = bulk.title || words.untitled;
  return (
    <li className={page.panel} data-testid="bulk">
      <div className={page.head}>
        <h2>
          {title} <span className={page.muted}>{dayAndTime(bulk.created_at)}</span>
        </h2>
        <Standing bulk={bulk} />
      </div>
      <Progress.Root size="sm" mb={6}>
        <Progress.Section value={all > 0 ? (ended / all) * 100 : 0} aria-label={title} />
      </Progress.Root>
      <p className={page.muted}>
        {words.of(ended, all)}
        {Object.entries(bulk.counts).map(([state, count]) => count > 0 && ` · ${count} ${words.states[state] ?? state}`)}
      </p>
      <BulkActions bulk={bulk} />
    </li>
  );
}

function Standing({ bulk }: { bulk: Bulk }) {
  const isOver = bulk.cancelled_at !== null;
  if (!isOver && !bulk.paused) return null;
  return (
    <span className={page.pill} data-tone={isOver ? undefined : "busy"}>
      {isOver ? words.ended : words.isPaused}
    </span>
  );
}
