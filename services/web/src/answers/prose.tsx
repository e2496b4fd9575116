import { createElement, Fragment, type ReactNode } from "react";

import { ALLOWED_TAGS, renderMarkdown } from "@/answers/sanitize";
import { MARK } from "@/answers/markers";

/** How one sentence is drawn: its words, and whatever follows them. */
export type DrawSentence = (index: number, words: ReactNode, key: string) => ReactNode;

interface Open {
  index: number | null;
  nodes: ReactNode[];
}

/** Sentences of one element: what lies between two marks is handed to `draw`, the rest stays as it is. */
class Line {
  private stack: Open[] = [{ index: null, nodes: [] }];

  constructor(private readonly draw: DrawSentence) {}

  add(node: ReactNode): void {
    this.stack.at(-1)?.nodes.push(node);
  }

  open(index: number): void {
    this.stack.push({ index, nodes: [] });
  }

  close(index: number, key: string): void {
    const top = this.stack.at(-1);
    const own = top?.index === index && this.stack.length > 1 ? this.stack.pop() : undefined;
    this.add(this.draw(index, own ? own.nodes : null, key));
  }

  done(): ReactNode[] {
    // A sentence whose end went astray (a table cell, say) keeps its words.
    return this.stack.flatMap((open) => open.nodes);
  }
}

function takeText(text: string, line: Line, key: string): void {
  let at = 0;
  for (const mark of text.matchAll(MARK)) {
    const [whole, opened, closed] = mark;
    const before = text.slice(at, mark.index);
    const words = closed === undefined ? before : before.replace(/ $/, "");
    if (words) line.add(words);
    if (opened !== undefined) line.open(Number(opened));
    if (closed !== undefined) line.close(Number(closed), `${key}.${mark.index}`);
    at = mark.index + whole.length;
  }
  if (at < text.length) line.add(text.slice(at));
}

function children(parent: Node, draw: DrawSentence, key: string): ReactNode[] {
  const line = new Line(draw);
  Array.from(parent.childNodes).forEach((node, n) => {
    const own = `${key}.${n}`;
    if (node instanceof Text) takeText(node.data, line, own);
    else if (node instanceof Element) line.add(element(node, draw, own));
  });
  return line.done();
}

function element(node: Element, draw: DrawSentence, key: string): ReactNode {
  const tag = node.tagName.toLowerCase();
  const inside = children(node, draw, key);
  // The second wall: even if the sanitiser let something through, it has no way to become an element here.
  if (!ALLOWED_TAGS.includes(tag)) return <Fragment key={key}>{inside}</Fragment>;
  if (tag === "br" || tag === "hr") return createElement(tag, { key });
  const start = tag === "ol" ? Number.parseInt(node.getAttribute("start") ?? "", 10) : Number.NaN;
  return createElement(tag, Number.isNaN(start) ? { key } : { key, start }, ...inside);
}

/** Markdown, rendered, sanitised, and turned into React elements of a closed list. */
export function toProse(markdown: string, draw: DrawSentence): ReactNode[] {
  return children(renderMarkdown(markdown), draw, "p");
}
