const EDGE = 2;

/** A long text's first and last lines, and how many lie between them. */
export function shortened(text: string): { head: string; hidden: number; tail: string } {
  const lines = text.trimEnd().split("\n");
  const hidden = lines.length - 2 * EDGE;
  if (hidden < 2) return { head: lines.join("\n"), hidden: 0, tail: "" };
  return { head: lines.slice(0, EDGE).join("\n"), hidden, tail: lines.slice(-EDGE).join("\n") };
}
