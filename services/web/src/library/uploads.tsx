import { useQueryClient } from "@tanstack/react-query";
import { createContext, use, useCallback, useMemo, useState, type ReactNode } from "react";

import { retryJob } from "@/api/calls";
import { beginBulk } from "@/api/libraryCalls";
import { ApiError } from "@/api/client";
import type { Job } from "@/api/types";
import { isHidden, type Incoming } from "@/library/incoming";
import { hasEnded, watchJob } from "@/library/jobs";
import { Lanes } from "@/library/lanes";
import { upload } from "@/library/uploading";
import { sentenceFor } from "@/shell/Notice";
import { texts } from "@/texts";

export interface Upload {
  key: number;
  collection: string;
  /** What it was added with: a folder, or several files at once. */
  bulk: string | null;
  name: string;
  file: File;
  state: "queued" | "sending" | "working" | "done" | "failed";
  share: number;
  job: Job | null;
  reason: string;
  unchanged: boolean;
}

interface Uploads {
  items: Upload[];
  /** Files that were hidden in the last folder, and left out. */
  hidden: number;
  add: (collection: string, files: Incoming[]) => Promise<void>;
  again: (item: Upload) => void;
  clear: () => void;
}

const UploadsContext = createContext<Uploads | null>(null);
export const DOCUMENTS = ["documents"] as const;

const sending = new Lanes(2);
let lastKey = 0;

function fresh(collection: string, bulk: string | null, { file, name }: Incoming): Upload {
  lastKey += 1;
  return {
    key: lastKey,
    collection,
    bulk,
    name,
    file,
    state: "queued",
    share: 0,
    job: null,
    reason: "",
    unchanged: false,
  };
}

/** Several files at once are one thing to follow and to stop; without it each still comes in by itself. */
async function bulkFor(files: Incoming[]): Promise<string | null> {
  if (files.length < 2) return null;
  const title = files[0]?.name.split("/").at(0) ?? "";
  try {
    return (await beginBulk(title.slice(0, 200), files.length)).id;
  } catch {
    return null;
  }
}

function seen(job: Job): Partial<Upload> {
  if (!hasEnded(job)) return { state: "working", job };
  return job.state === "done" ? { state: "done", job } : { state: "failed", job, reason: job.error?.reason ?? "" };
}

/** Where a file stands, told to `patch`; `refresh` is called when the library has changed. */
async function bringIn(item: Upload, patch: (change: Partial<Upload>) => void, refresh: () => void): Promise<void> {
  try {
    patch({ state: "sending", share: 0, reason: "" });
    const accepted = item.job ? null : await upload(item, (share) => patch({ share }));
    const job = item.job ?? accepted?.job;
    if (!job) return;
    if (item.job) await retryJob(job.id);
    patch({ state: "working", job, unchanged: accepted?.unchanged ?? false });
    refresh();
    const stop = watchJob(job.id, (step) => {
      patch(seen(step));
      if (!hasEnded(step)) return;
      refresh();
      // Later, because the first step may be told before `stop` is there.
      queueMicrotask(() => stop());
    });
  } catch (error) {
    patch({ state: "failed", reason: error instanceof ApiError ? sentenceFor(error) : texts.problem.unknown });
  }
}

/** Files on their way in; above the views, so that looking elsewhere loses nothing. */
export function UploadsProvider({ children }: { children: ReactNode }) {
  const [items, setItems] = useState<Upload[]>([]);
  const [hidden, setHidden] = useState(0);
  const client = useQueryClient();

  const start = useCallback(
    (item: Upload): void => {
      const patch = (change: Partial<Upload>): void =>
        setItems((now) => now.map((one) => (one.key === item.key ? { ...one, ...change } : one)));
      const refresh = (): void => {
        void client.invalidateQueries({ queryKey: DOCUMENTS });
        void client.invalidateQueries({ queryKey: ["collections"] });
      };
      sending.add(() => bringIn(item, patch, refresh));
    },
    [client],
  );

  const value = useMemo<Uploads>(
    () => ({
      items,
      hidden,
      add: async (collection, files) => {
        const wanted = files.filter((one) => !isHidden(one.name));
        setHidden(files.length - wanted.length);
        const bulk = await bulkFor(wanted);
        const added = wanted.map((one) => fresh(collection, bulk, one));
        setItems((now) => [...added, ...now]);
        added.forEach(start);
      },
      again: start,
      clear: () => setItems((now) => now.filter((one) => one.state !== "done" && one.state !== "failed")),
    }),
    [items, hidden, start],
  );
  return <UploadsContext value={value}>{children}</UploadsContext>;
}

export function useUploads(): Uploads {
  const uploads = use(UploadsContext);
  if (!uploads) throw new Error("no UploadsProvider");
  return uploads;
}
