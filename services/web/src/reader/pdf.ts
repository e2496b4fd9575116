/** pdf.js, loaded when a PDF is opened: no script of a document runs, and nothing comes from elsewhere. */
import { getDocument, GlobalWorkerOptions, TextLayer, type PDFDocumentProxy, type PDFPageProxy } from "pdfjs-dist";
import workerAddress from "pdfjs-dist/build/pdf.worker.min.mjs?url";

import { isThere, stretchesOf } from "@/reader/matching";

GlobalWorkerOptions.workerSrc = workerAddress;

const PARTS = "/pdf/";
/** Pixels; a page that claims more is drawn coarser. */
const MOST_PIXELS = 16_000_000;
const ERRORS_ONLY = 0;

export type Pdf = PDFDocumentProxy;

export interface Opening {
  pdf: Promise<Pdf>;
  close: () => void;
}

/** `bytes` are handed over to the worker. */
export function openPdf(bytes: ArrayBuffer): Opening {
  const task = getDocument({
    data: new Uint8Array(bytes),
    cMapUrl: `${PARTS}cmaps/`,
    standardFontDataUrl: `${PARTS}standard_fonts/`,
    wasmUrl: `${PARTS}wasm/`,
    useWasm: false,
    isEvalSupported: false,
    enableXfa: false,
    stopAtErrors: false,
    verbosity: ERRORS_ONLY,
  });
  return { pdf: task.promise, close: () => void task.destroy() };
}

async function wordsOf(page: PDFPageProxy): Promise<string[]> {
  const { items } = await page.getTextContent();
  return items.map((item) => ("str" in item ? item.str : ""));
}

/** The page that has the sentence: the one named, else one beside it, else the one named after all. */
export async function pageOf(pdf: Pdf, named: number, sentence: string): Promise<number> {
  const first = Math.min(Math.max(named, 1), pdf.numPages);
  for (const number of [first, first + 1, first - 1]) {
    if (number < 1 || number > pdf.numPages) continue;
    if (isThere(await wordsOf(await pdf.getPage(number)), sentence)) return number;
  }
  return first;
}

export interface Drawn {
  /** The first mark, to be brought into view; null where the page has nothing of the sentence. */
  mark: HTMLElement | null;
}

export interface Drawing {
  number: number;
  width: number;
  frame: HTMLElement;
  sentence: string;
  markClass: string;
  signal: AbortSignal;
}

/** Draws a page into the frame, as wide as asked, with its words above it and the sentence marked among them. */
export async function drawPage(pdf: Pdf, { number, width, frame, sentence, markClass, signal }: Drawing): Promise<Drawn> {
  const page = await pdf.getPage(number);
  const content = await page.getTextContent();
  signal.throwIfAborted();
  const scale = width / page.getViewport({ scale: 1 }).width;
  const viewport = page.getViewport({ scale });
  const canvas = document.createElement("canvas");
  canvas.setAttribute("aria-hidden", "true");
  const layer = document.createElement("div");
  layer.className = "textLayer";
  frame.style.setProperty("--total-scale-factor", String(scale));
  const words = new TextLayer({ textContentSource: content, container: layer, viewport });
  const drawing = page.render({ canvas, viewport: sized(canvas, page, scale) });
  signal.addEventListener("abort", () => drawing.cancel(), { once: true });
  await Promise.all([drawing.promise, words.render()]);
  signal.throwIfAborted();
  frame.style.aspectRatio = `${viewport.width} / ${viewport.height}`;
  frame.replaceChildren(canvas, layer);
  return { mark: markWords(words, sentence, markClass) };
}

/** The viewport for the screen's own pixels; the canvas gets its size. */
function sized(canvas: HTMLCanvasElement, page: PDFPageProxy, scale: number): ReturnType<PDFPageProxy["getViewport"]> {
  const { width, height } = page.getViewport({ scale });
  const sharp = Math.min(window.devicePixelRatio || 1, Math.sqrt(MOST_PIXELS / (width * height)));
  canvas.width = Math.floor(width * sharp);
  canvas.height = Math.floor(height * sharp);
  return page.getViewport({ scale: scale * sharp });
}

function markWords(words: TextLayer, sentence: string, markClass: string): HTMLElement | null {
  let first: HTMLElement | null = null;
  for (const { piece, start, end } of stretchesOf(words.textContentItemsStr, sentence)) {
    const line = words.textDivs[piece];
    const text = words.textContentItemsStr[piece];
    if (!line || text === undefined || line.querySelector("mark")) continue;
    const mark = document.createElement("mark");
    mark.className = markClass;
    mark.dataset.testid = "highlight";
    mark.textContent = text.slice(start, end);
    line.replaceChildren(text.slice(0, start), mark, text.slice(end));
    first ??= mark;
  }
  return first;
}
