import { get, patch, post, put, remove } from "@/api/client";
import type {
  AuditPage,
  Card,
  Group,
  IndexStatus,
  Items,
  Job,
  NewPerson,
  Person,
  PersonChange,
  PlanAsked,
  Planned,
  PulledModel,
  Queue,
  Release,
} from "@/api/types";

const enc = encodeURIComponent;

export function listPeople(cursor: string | null): Promise<Items<Person>> {
  return get(cursor ? `/people?cursor=${enc(cursor)}` : "/people");
}
export const createPerson = (wish: NewPerson): Promise<Person> => post("/people", wish);
export const changePerson = (id: string, change: PersonChange): Promise<Person> => patch(`/people/${enc(id)}`, change);
export const createGroup = (name: string): Promise<Group> => post("/groups", { name });
export const removeGroup = (id: string): Promise<void> => remove(`/groups/${enc(id)}`);
export const setMembers = (id: string, person_ids: string[]): Promise<Group> =>
  put(`/groups/${enc(id)}/members`, { person_ids });

export const readQueue = (): Promise<Queue> => get("/queue");
export const readIndex = (): Promise<IndexStatus> => get("/index");
export const rebuildIndex = (): Promise<unknown> => post("/index/rebuild", {});
export const listJobs = (): Promise<Items<Job>> => get("/jobs?limit=15");
export const readRelease = (): Promise<Release> => get("/release");
export const listCards = (): Promise<Card[]> => get("/engine/cards");
export const listModels = (): Promise<PulledModel[]> => get("/engine/models");
export const planMemory = (asked: PlanAsked): Promise<Planned> => post("/engine/plans", asked);

export interface AuditWish {
  action: string;
  subject: string;
  person: string;
}

export function listAudit(wish: AuditWish, cursor: string | null): Promise<AuditPage> {
  const query = new URLSearchParams({ limit: "50" });
  if (wish.action) query.set("action", wish.action);
  if (wish.subject) query.set("subject", wish.subject);
  if (wish.person) query.set("person_id", wish.person);
  if (cursor) query.set("cursor", cursor);
  return get(`/audit?${query.toString()}`);
}
