import { useQueryClient, type QueryClient, type QueryKey } from "@tanstack/react-query";
import { createContext, use, useCallback, useEffect, useMemo, useRef, useState, type ReactNode } from "react";
import { useLocation } from "wouter";

import { createConversation, readAnswer, readConversation, streamAnswer } from "@/api/calls";
import { ApiError } from "@/api/client";
import { readEvents } from "@/api/events";
import { advance, isRunning, newDraft, type Draft } from "@/answers/draft";
import { CONVERSATIONS } from "@/talks/queries";
import { texts } from "@/texts";

interface Asking {
  draft: Draft | null;
  /** Within a conversation the question may lean on what was said before; null begins a new one. */
  ask: (question: string, collections: string[], conversation: string | null) => void;
  stop: () => void;
}

const AskingContext = createContext<Asking | null>(null);

export const ANSWERS = ["answers"] as const;
export const conversationKey = (id: string) => ["conversations", id] as const;
export const conversationQuery = (id: string) => ({
  queryKey: conversationKey(id),
  queryFn: () => readConversation(id),
});
export const answerKey = (id: string) => ["answers", "one", id] as const;

function failed(draft: Draft, error: unknown): Draft {
  const code = error instanceof ApiError ? error.code : "interrupted";
  const title = error instanceof ApiError ? error.message : texts.answer.interrupted;
  return { ...draft, phase: "failed", problem: { code, title, status: error instanceof ApiError ? error.status : 0 } };
}

/** Asks anew, also where the first asking is still under way: it may bring the answer as it was before its end. */
async function renew(client: QueryClient, queryKey: QueryKey): Promise<void> {
  await client.cancelQueries({ queryKey });
  await client.invalidateQueries({ queryKey });
}

/** Follows one stream to its end; `show` gets every step. */
async function follow(start: Draft, signal: AbortSignal, show: (draft: Draft) => void): Promise<Draft> {
  let draft = start;
  try {
    const conversation = start.conversation ?? (await createConversation()).id;
    draft = { ...draft, conversation };
    const response = await streamAnswer(start.question, start.collections, conversation, signal);
    if (!response.body) throw new Error("no body");
    for await (const event of readEvents(response.body)) {
      draft = advance(draft, event);
      show(draft);
    }
    if (isRunning(draft)) draft = failed(draft, null);
  } catch (error) {
    draft = signal.aborted ? { ...draft, phase: "stopped" } : failed(draft, error);
  }
  show(draft);
  return draft;
}

/** Holds the answer being written, above the views: leaving for the library does not stop it. */
export function AskingProvider({ children }: { children: ReactNode }) {
  const [draft, setDraft] = useState<Draft | null>(null);
  const running = useRef<AbortController | null>(null);
  const client = useQueryClient();
  const [, go] = useLocation();

  const ask = useCallback(
    (question: string, collections: string[], conversation: string | null) => {
      running.current?.abort();
      const own = new AbortController();
      running.current = own;
      const show = (next: Draft): void => {
        if (running.current !== own) return;
        setDraft(next);
        // As soon as the answer has an address, the page is there; unless its reader has gone elsewhere meanwhile.
        if (next.id && window.location.pathname === "/") go(`/answers/${next.id}`, { replace: true });
      };
      const start = newDraft(question, collections, conversation);
      go("/");
      show(start);
      void follow(start, own.signal, show).then((end) => {
        if (end.answer) client.setQueryData(answerKey(end.answer.id), end.answer);
        void client.invalidateQueries({ queryKey: ANSWERS });
        void client.invalidateQueries({ queryKey: CONVERSATIONS });
        if (end.conversation) void renew(client, conversationKey(end.conversation));
      });
    },
    [client, go],
  );
  const stop = useCallback(() => running.current?.abort(), []);
  useEffect(() => stop, [stop]);

  const value = useMemo(() => ({ draft, ask, stop }), [draft, ask, stop]);
  return <AskingContext value={value}>{children}</AskingContext>;
}

export function useAsking(): Asking {
  const asking = use(AskingContext);
  if (!asking) throw new Error("no AskingProvider");
  return asking;
}

export const answerQuery = (id: string) => ({ queryKey: answerKey(id), queryFn: () => readAnswer(id), staleTime: 60_000 });
