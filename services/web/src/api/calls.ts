import { get, post, remove, send } from "@/api/client";
import type {
  Answer,
  ApiKey,
  Collection,
  Conversation,
  DocumentText,
  Items,
  Job,
  LibraryDocument,
  NewApiKey,
  Found,
  PassageInContext,
  Readiness,
  Scope,
  SearchFilters,
  Session,
  SignInWays,
} from "@/api/types";

const enc = encodeURIComponent;

export const readSession = (): Promise<Session> => get("/session");
export const signIn = (login: string, password: string): Promise<Session> => post("/session", { login, password });
export const readWays = (): Promise<SignInWays> => get("/session/ways");
/** Ends the session here; the address where the browser ends it at the provider too, if there is one. */
export async function signOut(): Promise<string | null> {
  const { provider } = await readWays();
  if (provider) return (await post<{ continue_at: string | null }>("/session/oidc/logout", {})).continue_at;
  await remove("/session");
  return null;
}

export const readReadiness = async (): Promise<Readiness> => {
  // Outside /api, and said with 503 as well where a part that everything needs is down.
  const response = await fetch("/ready", { headers: { Accept: "application/json" } });
  return (await response.json()) as Readiness;
};

export const listCollections = (): Promise<Items<Collection>> => get("/collections");

export function listDocuments(collection: string, cursor: string | null): Promise<Items<LibraryDocument>> {
  const query = new URLSearchParams({ collection, limit: "50" });
  if (cursor) query.set("cursor", cursor);
  return get(`/documents?${query.toString()}`);
}
export const readText = (id: string): Promise<DocumentText> => get(`/documents/${enc(id)}/text`);
export const fileAddress = (id: string): string => `/api/v1/documents/${enc(id)}/file`;
/** The original of one version; reading it is audited, as its text is. */
export const readFile = async (id: string, version: number, signal: AbortSignal): Promise<ArrayBuffer> =>
  (await send("GET", `/documents/${enc(id)}/versions/${version}/file`, { accept: "*/*", signal })).arrayBuffer();
export const deleteDocument = (id: string): Promise<void> => remove(`/documents/${enc(id)}`);

export const readJob = (id: string): Promise<Job> => get(`/jobs/${enc(id)}`);
export const retryJob = async (id: string): Promise<void> => {
  await send("POST", `/jobs/${enc(id)}/retry`);
};
export const jobEvents = (id: string, signal: AbortSignal): Promise<Response> =>
  send("GET", `/jobs/${enc(id)}/events`, { accept: "text/event-stream", signal });

export const readPassage = (chunk: string): Promise<PassageInContext> => get(`/passages/${enc(chunk)}`);
export function search(
  question: string,
  collections: string[],
  limit: number,
  filters?: SearchFilters,
): Promise<Found> {
  return post("/search", { question, limit, ...chosen(collections), ...(filters ? { filters } : {}) });
}

export function listAnswers(cursor: string | null): Promise<Items<Answer>> {
  return get(cursor ? `/answers?cursor=${enc(cursor)}` : "/answers");
}
export const createConversation = (): Promise<Conversation> => post("/conversations", {});
export const readConversation = (id: string): Promise<Items<Answer>> => get(`/conversations/${enc(id)}/answers`);
export const giveFeedback = async (id: string, is_good: boolean, correction: string): Promise<void> => {
  await send("PUT", `/answers/${enc(id)}/feedback`, { body: { is_good, correction } });
};
export const readAnswer = (id: string): Promise<Answer> => get(`/answers/${enc(id)}`);
export function streamAnswer(
  question: string,
  collections: string[],
  conversation_id: string,
  signal: AbortSignal,
): Promise<Response> {
  const body = { question, conversation_id, ...chosen(collections) };
  return send("POST", "/answers", { body, accept: "text/event-stream", signal });
}

export const listKeys = (): Promise<Items<ApiKey>> => get("/api-keys");
export function createKey(name: string, scopes: Scope[], expires_in_days: number | null): Promise<NewApiKey> {
  return post("/api-keys", { name, scopes, expires_in_days });
}
export const revokeKey = (id: string): Promise<void> => remove(`/api-keys/${enc(id)}`);

/** No name at all means every collection one may read. */
function chosen(collections: string[]): { collections?: string[] } {
  return collections.length > 0 ? { collections } : {};
}
