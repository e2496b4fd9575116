/** Calls around one's own conversations: finding, naming and forgetting them, sharing, making an answer again. */
import { get, patch, post, remove } from "@/api/client";
import type { Conversation, Items, Replay, Share, SharedAnswers } from "@/api/types";

const enc = encodeURIComponent;

export interface ConversationsWanted {
  words: string;
  /** Name of the collection that an answer rests on; empty for all. */
  collection: string;
}

export function listConversations(wanted: ConversationsWanted, cursor: string | null): Promise<Items<Conversation>> {
  const query = new URLSearchParams({ limit: "30" });
  if (wanted.words) query.set("q", wanted.words);
  if (wanted.collection) query.set("collection", wanted.collection);
  if (cursor) query.set("cursor", cursor);
  return get(`/conversations?${query.toString()}`);
}
export const showConversation = (id: string): Promise<Conversation> => get(`/conversations/${enc(id)}`);
export const renameConversation = (id: string, title: string): Promise<Conversation> =>
  patch(`/conversations/${enc(id)}`, { title });
export const removeConversation = (id: string): Promise<void> => remove(`/conversations/${enc(id)}`);

export type SharedThing = { answer_id: string } | { conversation_id: string };
export const createShare = (thing: SharedThing, days: number): Promise<Share> => post("/shares", { ...thing, days });
export const listShares = (): Promise<Items<Share>> => get("/shares?limit=200");
export const readShare = (id: string): Promise<SharedAnswers> => get(`/shares/${enc(id)}`);
export const revokeShare = (id: string): Promise<void> => remove(`/shares/${enc(id)}`);

export const replayAnswer = (id: string): Promise<Replay> => post(`/answers/${enc(id)}/replay`, {});

/** Who looks after a collection that a question came near to. */
export interface Keepers {
  collection: string;
  groups: string[];
}
export const whomToAsk = async (id: string): Promise<Keepers[]> =>
  (await get<Items<Keepers>>(`/answers/${enc(id)}/whom-to-ask`)).items;
