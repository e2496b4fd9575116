import { texts } from "@/texts";

const COUNTS = new Set(["unsupported_sentences", "permission_leaks"]);

export const titleOf = (name: string): string => texts.over.evaluations.measures[name] ?? name;

/** A value as its measure is read: seconds, counts, speeds, money, else shares in per cent. */
export function shown(name: string, value: number | null, sign = false): string {
  if (value === null) return "–";
  const plus = sign && value > 0 ? "+" : "";
  if (name.endsWith("_s") && name !== "tokens_per_s") return `${plus}${value.toFixed(2)} s`;
  if (name === "tokens_per_s") return `${plus}${value.toFixed(1)}`;
  if (COUNTS.has(name)) return `${plus}${Math.round(value * 100) / 100}`;
  if (name === "cost_per_answer") return `${plus}${value.toPrecision(3)}`;
  return `${plus}${(value * 100).toFixed(1)} %`;
}
