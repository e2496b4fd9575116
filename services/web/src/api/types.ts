/** The wire's shapes, by the page's own names. The generated schema says `string` where a closed list is meant. */
import type { components } from "@/api/schema";

type Schemas = components["schemas"];
type With<Shape, Closer> = Omit<Shape, keyof Closer> & Closer;

export interface Items<T> {
  items: T[];
  next_cursor?: string | null;
}

export type Readiness = Schemas["Readiness"];
export type SignInWays = Schemas["SignInWays"];
export type Session = Schemas["SessionPublic"];
export type Conversation = Schemas["ConversationOut"];
export type Share = Schemas["ShareOut"];
export type SharedAnswers = With<Schemas["SharedAnswers"], { items: Answer[] }>;
export type Replay = Schemas["ReplayOut"];
export type Collection = Schemas["CollectionOut"];

export type JobState = "waiting" | "running" | "done" | "failed" | "quarantined" | "cancelled";
export type JobStage = "parse" | "chunk" | "embed" | "index" | "publish";
export type Job = With<Schemas["JobOut"], { state: JobState; stage: JobStage | "" }>;

export type DocumentState = "waiting" | "processing" | "visible" | "failed" | "quarantined";
export type LibraryDocument = With<Schemas["DocumentOut"], { state: DocumentState; job: Job | null }>;
export type HistoryEntry = With<Schemas["HistoryEntry"], { state: DocumentState | "superseded"; job: Job | null }>;
export type TextDiff = Schemas["TextDiff"];
export type Difference = Schemas["Difference"];
export type Receipt = Schemas["ReceiptOut"];
export type Bulk = Schemas["BulkOut"];
export type Source = Schemas["SourceOut"];
export type SourceRun = Schemas["SourceRunOut"];
export type RunItem = Schemas["RunItemOut"];
export type NewSource = Pick<Schemas["SourceCreate"], "name" | "kind" | "collection"> & Partial<Schemas["SourceCreate"]>;
export type CorpusReport = Schemas["CorpusReport"];
export type Finding = Schemas["Finding"];
export type Group = Schemas["GroupPublic"];
export type DocumentText = Schemas["StoredTextOut"];

/** Offsets count Unicode code points of the version's stored text, not UTF-16 units. */
export type Passage = Schemas["PassageOut"];
export type PassageInContext = Schemas["PassageInContextOut"];
export type Found = Schemas["SearchReply"];
export type SearchFilters = Partial<Schemas["SearchFilters"]>;

export type Citation = Schemas["CitationOut"];
export type Sentence = Schemas["SentenceOut"];
export type AnswerState = "running" | "done" | "refused" | "stopped" | "failed";
export type AnswerKind = "generated" | "quoted" | "refused" | "clarify";
export type Answer = With<
  Schemas["AnswerOut"],
  { state: AnswerState; kind: AnswerKind; timings: Record<string, number | undefined> }
>;

export type Scope = Schemas["ApiKeyCreate"]["scopes"][number];
export type ApiKey = Schemas["ApiKeyPublic"];
export type NewApiKey = Schemas["ApiKeyCreated"];

export interface Problem {
  title: string;
  status: number;
  code: string;
  detail?: string;
  /** What was found before a part failed: search works without the model. */
  nearest?: Passage[];
}

export type Person = Schemas["PersonPublic"];
export type NewPerson = Schemas["PersonCreate"];
export type PersonChange = Schemas["PersonUpdate"];
export type Queue = Schemas["QueueOut"];
export type IndexStatus = Schemas["IndexStatus"];
export type Release = Schemas["ReleaseOut"];
export type Card = Schemas["CardOut"];
export type PulledModel = Schemas["PulledModelOut"];
export type PlanAsked = Partial<Schemas["PlanAsked"]>;
export type Planned = Schemas["PlannedOut"];
export type Plan = Schemas["PlanOut"];
export type AuditPage = Schemas["AuditPage"];
export type AuditEntry = Schemas["AuditEntryOut"];
