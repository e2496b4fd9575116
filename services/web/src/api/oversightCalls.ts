import { get, post, send } from "@/api/client";
import type {
  Activity,
  Comparison,
  Cost,
  CostAsked,
  DriftCheck,
  DriftRecord,
  DriftState,
  Evaluation,
  EvaluationWhole,
  Gaps,
  PlayAsked,
  Playground,
  QuantizationReport,
  ReleaseLock,
  ReportSummary,
  SettingsShown,
} from "@/api/oversightTypes";
import type { Bulk, Items, Job } from "@/api/types";

const enc = encodeURIComponent;
const paged = (path: string, cursor: string | null, limit = 50): string =>
  `${path}?limit=${limit}${cursor ? `&cursor=${enc(cursor)}` : ""}`;

export const readPlayground = (): Promise<Playground> => get("/playground");
export const streamPlay = (asked: PlayAsked, signal: AbortSignal): Promise<Response> =>
  send("POST", "/playground", { body: { ...asked, stream: true }, accept: "text/event-stream", signal });

export const readActivity = (hours: number): Promise<Activity> => get(`/activity?hours=${hours}`);
export const readSettings = (): Promise<SettingsShown> => get("/settings");
export const readLock = (): Promise<ReleaseLock> => get("/release/lock");
export const readGaps = (days: number): Promise<Gaps> => get(`/gaps?days=${days}`);

export const readDrift = (): Promise<DriftState> => get("/drift/state");
export const listChecks = (): Promise<Items<DriftCheck>> => get(paged("/drift/checks", null, 100));
export const recordCanaries = (): Promise<DriftRecord> => post("/drift/records", {});
export const checkDrift = (): Promise<DriftCheck> => post("/drift/checks", {});

export const listEvaluations = (cursor: string | null): Promise<Items<Evaluation>> => get(paged("/evaluations", cursor));
export const readEvaluation = (id: string): Promise<EvaluationWhole> => get(`/evaluations/${enc(id)}`);
export const compareEvaluations = (first: string, second: string): Promise<Comparison> =>
  get(`/evaluations/${enc(first)}/comparison?with_id=${enc(second)}`);

export const listReports = (): Promise<ReportSummary[]> => get("/engine/reports");
export const readQuantizationReport = (model: string): Promise<QuantizationReport> => get(`/engine/reports/${enc(model)}`);
export const reckonCosts = (asked: CostAsked): Promise<Cost> => post("/engine/costs", asked);

export const listBulks = (cursor: string | null): Promise<Items<Bulk>> => get(paged("/bulks", cursor));
export const steerBulk = async (id: string, how: "pause" | "resume" | "cancel" | "retry"): Promise<void> => {
  await send("POST", `/bulks/${enc(id)}/${how}`);
};
export const setBulkPriority = async (id: string, priority: number): Promise<void> => {
  await send("POST", `/bulks/${enc(id)}/priority`, { body: { priority } });
};
export const listBulkJobs = (id: string): Promise<Items<Job>> => get(`/jobs?bulk_id=${enc(id)}&limit=50`);
