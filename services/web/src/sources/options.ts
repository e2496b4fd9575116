/** What each kind of source is asked for; lists are typed one a line. */
export interface Asked {
  name: string;
  kind: "line" | "lines" | "number";
  required?: boolean;
}

const SHARED: Asked[] = [
  { name: "include", kind: "lines" },
  { name: "exclude", kind: "lines" },
];

export const OPTIONS: Record<string, Asked[]> = {
  folder: [{ name: "path", kind: "line", required: true }, ...SHARED],
  website: [
    { name: "start", kind: "lines", required: true },
    { name: "depth", kind: "number" },
    { name: "max_pages", kind: "number" },
    ...SHARED,
  ],
  s3: [
    { name: "bucket", kind: "line", required: true },
    { name: "prefix", kind: "line" },
    { name: "endpoint", kind: "line" },
    { name: "region", kind: "line" },
    ...SHARED,
  ],
  git: [
    { name: "url", kind: "line", required: true },
    { name: "branch", kind: "line" },
    { name: "folder", kind: "line" },
    ...SHARED,
  ],
};

export const SECRETS: Record<string, string[]> = {
  s3: ["access_key", "secret_key"],
  git: ["username", "password"],
};

/** The options as the server takes them; what was left empty is left out. */
export function optionsFrom(kind: string, given: Record<string, string>): Record<string, unknown> {
  const options: Record<string, unknown> = {};
  for (const { name, kind: form } of OPTIONS[kind] ?? []) {
    const value = (given[name] ?? "").trim();
    if (value === "") continue;
    if (form === "lines") options[name] = value.split("\n").map((line) => line.trim()).filter(Boolean);
    else options[name] = form === "number" ? Number(value) : value;
  }
  return options;
}

export function secretsFrom(kind: string, given: Record<string, string>): Record<string, string> {
  const named = (SECRETS[kind] ?? []).map((name) => [name, (given[name] ?? "").trim()] as const);
  return Object.fromEntries(named.filter(([, value]) => value !== ""));
}
