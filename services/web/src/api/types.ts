/** The wire's shapes, as `/openapi.json` describes them. */

export interface Group {
  id: string;
  name: string;
}

export interface Person {
  id: string;
  login: string;
  name: string;
  is_admin: boolean;
  groups: Group[];
}

export interface Session {
  person: Person;
  csrf_token: string | null;
  scopes: string[];
}

export interface Items<T> {
  items: T[];
  next_cursor: string | null;
}

export interface Collection {
  id: string;
  name: string;
  title: string;
  description: string;
  document_count: number;
  may_contribute: boolean;
  /** Shown only to those who may add documents. */
  reader_groups: Group[] | null;
}

export type JobState = "waiting" | "running" | "done" | "failed" | "quarantined" | "cancelled";
export type JobStage = "parse" | "chunk" | "embed" | "index" | "publish";

export interface Job {
  id: string;
  kind: string;
  state: JobState;
  stage: JobStage | "";
  done: number;
  total: number;
  error: { code: string; reason: string } | null;
  document_id: string | null;
  document_name: string | null;
  attempts: number;
  created_at: string;
  finished_at: string | null;
}

export type DocumentState = "waiting" | "processing" | "visible" | "failed" | "quarantined";

export interface LibraryDocument {
  id: string;
  name: string;
  collection_id: string;
  media_type: string;
  size_bytes: number;
  state: DocumentState;
  version: { id: string; number: number; pages: number; chunks: number; published_at: string | null } | null;
  narrowed_to: string[] | null;
  warnings: string[];
  created_at: string;
  created_by: string | null;
  job: Job | null;
}

export interface DocumentText {
  version_id: string;
  text: string;
  pages: { page: number; start: number; end: number }[];
}

/** Offsets count Unicode code points of the version's stored text, not UTF-16 units. */
export interface Passage {
  chunk_id: string;
  document_id: string;
  document_name: string;
  version_id: string;
  version_number: number;
  collection_id: string;
  heading_path: string[];
  page: number | null;
  text: string;
  start: number;
  end: number;
  score: number;
}

export interface PassageInContext extends Passage {
  before: string;
  after: string;
}

export interface Citation {
  number: number;
  chunk_id: string;
  document_id: string;
  document_name: string;
  version_id: string;
  version_number: number;
  page: number | null;
  heading_path: string[];
  quote: string;
  start: number;
  end: number;
}

export type SentenceStatus = "supported" | "quoted" | "flagged" | "unchecked";

export interface Sentence {
  index: number;
  text: string;
  status: SentenceStatus;
  citations: Citation[];
}

export type Policy = "strict" | "flag" | "off";

export interface Answer {
  id: string;
  question: string;
  searched_as: string;
  state: "running" | "done" | "refused" | "stopped" | "failed";
  kind: "generated" | "quoted" | "refused";
  policy: Policy;
  text: string;
  sentences: Sentence[];
  citations: Citation[];
  nearest: Passage[];
  dropped_sentences: number;
  release_id: string;
  model: string;
  timings: Record<string, number>;
  usage: { prompt_tokens: number; completion_tokens: number } | null;
  created_at: string;
}

export interface ApiKey {
  id: string;
  name: string;
  prefix: string;
  scopes: string[];
  created_at: string;
  expires_at: string | null;
  last_used_at: string | null;
}

export interface NewApiKey extends ApiKey {
  key: string;
}

export interface Problem {
  title: string;
  status: number;
  code: string;
  detail?: string;
}
