import { de } from "@/texts/de";
import { en, type Texts } from "@/texts/en";

const CATALOGUES: Record<string, Texts> = { en, de };
const KEPT = "holdfast-language";

/** Each language by its own name. A third is a file beside `de.ts` and a line in both lists. */
export const LANGUAGES = [
  { code: "en", name: "English" },
  { code: "de", name: "Deutsch" },
];

/** The language that was chosen here, else the first of the browser's that there is, else English. */
export function languageOf(kept: string | null, wanted: readonly string[]): string {
  const known = [kept ?? "", ...wanted.map((one) => one.slice(0, 2).toLowerCase())];
  return known.find((one) => one in CATALOGUES) ?? "en";
}

export function chooseLanguage(code: string): void {
  window.localStorage.setItem(KEPT, code);
}

export const language = languageOf(window.localStorage.getItem(KEPT), window.navigator.languages);
export const texts: Texts = CATALOGUES[language] ?? en;
export const locale = language;
document.documentElement.lang = language;
