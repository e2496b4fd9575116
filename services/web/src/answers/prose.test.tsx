import { renderToStaticMarkup } from "react-dom/server";
import { describe, expect, it } from "vitest";

import type { Sentence } from "@/api/types";
import { CLOSE, composeMarkdown, OPEN } from "@/answers/markers";
import { toProse } from "@/answers/prose";

function sentences(...words: string[]): Sentence[] {
  return words.map((text, index) => ({ index, text, status: "supported", pointer: "", citations: [] }));
}

function html(given: Sentence[], text = ""): string {
  const drawn = toProse(composeMarkdown(given, text), (index, words, key) => (
    <q key={key}>
      {words}[{index}]
    </q>
  ));
  return renderToStaticMarkup(drawn).replaceAll("\n", "");
}

describe("toProse", () => {
  it("puts each sentence's number after its words", () => {
    expect(html(sentences("One.", "Two."))).toBe("<p><q>One.[0]</q> <q>Two.[1]</q></p>");
  });

  it("closes emphasis that ends a sentence", () => {
    expect(html(sentences("It is **28 days.**", "Yes."))).toBe(
      "<p><q>It is <strong>28 days.</strong>[0]</q> <q>Yes.[1]</q></p>",
    );
  });

  it("makes a list of list items and a table of rows", () => {
    expect(html(sentences("Two things:", "- a", "- b"))).toBe(
      "<p><q>Two things:[0]</q></p><ul><li><q>a[1]</q></li><li><q>b[2]</q></li></ul>",
    );
    expect(html(sentences("| a | b |", "|---|---|", "| c | d |"))).toMatch(/<td>d.*\[2\]/);
  });

  it("keeps a code block whole and numbers it after its end", () => {
    expect(html(sentences("```\na  <b>\n```"))).toBe("<pre><code>a  &lt;b&gt;</code></pre><p><q>[0]</q></p>");
  });

  it("takes the paragraphs of the finished text", () => {
    expect(html(sentences("One.", "Two."), "One.\n\nTwo.")).toBe("<p><q>One.[0]</q></p><p><q>Two.[1]</q></p>");
  });

  it("knows the numbers of the finished text for what they are", () => {
    expect(html(sentences("One.", "Two."), "One. [1] [2]\n\nTwo. [1]")).toBe(
      "<p><q>One.[0]</q></p><p><q>Two.[1]</q></p>",
    );
  });

  it("shows nothing of a text that its sentences do not account for", () => {
    expect(html(sentences("One.", "Two."), "One. Unchecked! Two.")).not.toContain("Unchecked");
  });

  it("lets no text forge a mark", () => {
    expect(html(sentences(`${OPEN}7\uE002x${CLOSE}7\uE002`))).toBe("<p><q>7x7[0]</q></p>");
  });

  it("has no element for HTML inside a sentence", () => {
    expect(html(sentences("a <img src=x onerror=alert(1)> b"))).toBe(
      "<p><q>a &lt;img src=x onerror=alert(1)&gt; b[0]</q></p>",
    );
  });
});
