import createPurifier from "dompurify";
import { Marked } from "marked";

/** Everything an answer may be made of. No links, no pictures, no attribute that could load or run anything. */
export const ALLOWED_TAGS = [
  "p", "br", "strong", "em", "del", "code", "pre", "ul", "ol", "li", "blockquote", "hr",
  "h1", "h2", "h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td",
]; // prettier-ignore
export const ALLOWED_ATTRIBUTES = ["start"];

function escaped(text: string): string {
  return text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
}

const markdown = new Marked({
  gfm: true,
  breaks: false,
  renderer: {
    html: ({ text }) => escaped(text),
    image: ({ text }) => escaped(text),
    checkbox: () => "",
    // A link is only ever words: its address is shown, never followed.
    link({ href, tokens }) {
      const label = this.parser.parseInline(tokens);
      return label === escaped(href) ? label : `${label} (${escaped(href)})`;
    },
  },
});

const purifier = createPurifier(window);

/** Foreign HTML cut down to the allowed tags; inert, since it belongs to a document of its own. */
export function sanitize(html: string): DocumentFragment {
  return purifier.sanitize(html, {
    ALLOWED_TAGS,
    ALLOWED_ATTR: ALLOWED_ATTRIBUTES,
    ALLOW_DATA_ATTR: false,
    ALLOW_ARIA_ATTR: false,
    RETURN_DOM_FRAGMENT: true,
  });
}

export function renderMarkdown(text: string): DocumentFragment {
  return sanitize(markdown.parse(text, { async: false }));
}
