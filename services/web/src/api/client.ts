import type { Problem } from "@/api/types";

const PREFIX = "/api/v1";

/** A refusal of the server, with the stable `code` that texts and tests go by. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;

  constructor(problem: Problem) {
    super(problem.detail ?? problem.title);
    this.name = "ApiError";
    this.status = problem.status;
    this.code = problem.code;
  }
}

export const UNREACHABLE: Problem = { title: "Holdfast cannot be reached", status: 0, code: "unreachable" };

let csrfToken = "";

export function setCsrfToken(token: string): void {
  csrfToken = token;
}

export function unsafeHeaders(): Record<string, string> {
  return csrfToken ? { "X-CSRF-Token": csrfToken } : {};
}

function isProblem(value: unknown): value is Problem {
  return typeof value === "object" && value !== null && "title" in value && "code" in value;
}

/** The problem a body describes, or one made from the status where a proxy answered instead. */
export function problemFrom(status: number, body: string): Problem {
  try {
    const value: unknown = JSON.parse(body);
    if (isProblem(value)) return { ...value, status };
  } catch {
    // Not JSON: something between the browser and Holdfast answered.
  }
  return { title: `The server answered ${status}`, status, code: `http_${status}` };
}

export interface RequestOptions {
  body?: unknown;
  signal?: AbortSignal | undefined;
  accept?: string;
}

/** One call with the session's cookie; throws ApiError for everything that is not a 2xx. */
export async function send(method: string, path: string, options: RequestOptions = {}): Promise<Response> {
  const headers: Record<string, string> = { Accept: options.accept ?? "application/json" };
  if (method !== "GET") Object.assign(headers, unsafeHeaders());
  const init: RequestInit = { method, headers, credentials: "same-origin", signal: options.signal ?? null };
  if (options.body !== undefined) {
    headers["Content-Type"] = "application/json";
    init.body = JSON.stringify(options.body);
  }
  const response = await fetch(`${PREFIX}${path}`, init).catch((error: unknown) => {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new ApiError(UNREACHABLE);
  });
  if (!response.ok) throw new ApiError(problemFrom(response.status, await response.text()));
  return response;
}

export async function get<T>(path: string, signal?: AbortSignal): Promise<T> {
  return (await (await send("GET", path, { signal })).json()) as T;
}

export async function post<T>(path: string, body: unknown, signal?: AbortSignal): Promise<T> {
  return (await (await send("POST", path, { body, signal })).json()) as T;
}

export async function put<T>(path: string, body: unknown): Promise<T> {
  return (await (await send("PUT", path, { body })).json()) as T;
}

export async function patch<T>(path: string, body: unknown): Promise<T> {
  return (await (await send("PATCH", path, { body })).json()) as T;
}

export async function remove(path: string): Promise<void> {
  await send("DELETE", path);
}
