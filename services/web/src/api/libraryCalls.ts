import { get, patch, post, put, remove } from "@/api/client";
import type {
  Bulk,
  Collection,
  CorpusReport,
  DocumentText,
  Group,
  HistoryEntry,
  Items,
  LibraryDocument,
  NewSource,
  Receipt,
  RunItem,
  Source,
  SourceRun,
  TextDiff,
} from "@/api/types";

const enc = encodeURIComponent;
const document = (id: string): string => `/documents/${enc(id)}`;
const source = (id: string): string => `/sources/${enc(id)}`;
const MOST = "limit=200";

export interface CollectionWish {
  title: string;
  description: string;
  reader_group_ids: string[];
  contributor_group_ids: string[];
  curator_group_ids: string[];
}

export const createCollection = (name: string, wish: CollectionWish): Promise<Collection> =>
  post("/collections", { name, ...wish });
export const changeCollection = (id: string, wish: CollectionWish): Promise<Collection> =>
  patch(`/collections/${enc(id)}`, wish);
export const listGroups = (): Promise<Items<Group>> => get(`/groups?${MOST}`);

export const readDocument = (id: string): Promise<LibraryDocument> => get(document(id));
export const listVersions = (id: string): Promise<Items<HistoryEntry>> => get(`${document(id)}/versions`);
export const readVersionText = (id: string, number: number): Promise<DocumentText> =>
  get(`${document(id)}/versions/${number}/text`);
export const readDiff = (id: string, from: number, to: number): Promise<TextDiff> =>
  get(`${document(id)}/versions/diff?from=${from}&to=${to}`);
export const readReceipt = (id: string): Promise<Receipt> => get(`${document(id)}/receipt`);
export const setReaders = (id: string, groups: string[] | null): Promise<LibraryDocument> =>
  put(`${document(id)}/readers`, { group_ids: groups });
export const beginBulk = (title: string, expected: number): Promise<Bulk> => post("/bulks", { title, expected });

export const listSources = (): Promise<Items<Source>> => get(`/sources?${MOST}`);
export const readSource = (id: string): Promise<Source> => get(source(id));
export const createSource = (wish: NewSource): Promise<Source> => post("/sources", wish);
export const pauseSource = (id: string, is_paused: boolean): Promise<Source> => patch(source(id), { is_paused });
export const removeSource = (id: string, withDocuments: boolean): Promise<void> =>
  remove(`${source(id)}?documents=${withDocuments ? "remove" : "keep"}`);
export const testSource = (id: string): Promise<SourceRun> => post(`${source(id)}/test`, {});
export const syncSource = (id: string, dry: boolean, allow_removals = false): Promise<SourceRun> =>
  post(`${source(id)}/sync`, { dry, allow_removals });
export const listSourceRuns = (id: string): Promise<Items<SourceRun>> => get(`${source(id)}/runs?limit=20`);
export const listRunItems = (id: string, run: string): Promise<Items<RunItem>> =>
  get(`${source(id)}/runs/${enc(run)}/items?${MOST}`);

export const readReport = (collection: string): Promise<CorpusReport> =>
  get(collection ? `/corpus/report?collection=${enc(collection)}` : "/corpus/report");
