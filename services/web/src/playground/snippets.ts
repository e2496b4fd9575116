import type { PlayAsked } from "@/api/oversightTypes";

const PATH = "/api/v1/playground";

/** The very request of the page, to be sent again from a shell; the key comes from the environment. */
export function asCurl(asked: PlayAsked, origin: string): string {
  const body = JSON.stringify({ ...asked, stream: false }, null, 2).replaceAll("'", String.raw`'\''`);
  return [
    `curl ${origin}${PATH} \\`,
    `  -H "Authorization: Bearer $HOLDFAST_KEY" \\`,
    `  -H "Content-Type: application/json" \\`,
    `  -d '${body}'`,
  ].join("\n");
}

export function asPython(asked: PlayAsked, origin: string): string {
  return `import os

import httpx

reply = httpx.post(
    "${origin}${PATH}",
    headers={"Authorization": f"Bearer {os.environ['HOLDFAST_KEY']}"},
    json=${literal({ ...asked, stream: false }, "    ")},
    timeout=120,
)
print(reply.raise_for_status().json()["text"])
`;
}

/** A Python literal: JSON but for three words. */
function literal(value: unknown, indent: string): string {
  if (value === null || value === undefined) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value !== "object") return JSON.stringify(value);
  const deeper = `${indent}    `;
  const [open, close] = Array.isArray(value) ? ["[", "]"] : ["{", "}"];
  const entries = Array.isArray(value)
    ? value.map((one) => literal(one, deeper))
    : Object.entries(value).map(([name, one]) => `${JSON.stringify(name)}: ${literal(one, deeper)}`);
  if (entries.length === 0) return open + close;
  return `${open}\n${entries.map((one) => `${deeper}${one},\n`).join("")}${indent}${close}`;
}
