/** German sentences around search. */
import type { finding as english } from "@/texts/finding.en";

export const finding: typeof english = {
  modes: "Antwort oder Textstellen",
  askMode: "Antwort",
  searchMode: "Textstellen",
  searchHint: "Zeigt die Textstellen selbst, sofort und ohne das Modell.",
  filters: "Filter",
  kind: "Art der Datei",
  anyKind: "Jede Art",
  kinds: { pdf: "PDF", text: "Word und Text", slides: "Folien", sheets: "Tabellen", web: "Webseiten", mail: "E-Mail" },
  language: "Sprache",
  anyLanguage: "Jede Sprache",
  from: "Hinzugefügt ab",
  until: "Hinzugefügt bis",
  clear: "Filter aufheben",
  askThis: "Als Frage stellen",
  engineDown: "Das Modell ist gerade nicht verfügbar. Textstellen lassen sich trotzdem finden.",
  engineFull: "Das Modell ist beschäftigt. Diese Textstellen wurden ohne es gefunden.",
  engineAway: "Diese Textstellen wurden ohne das Modell gefunden.",
  markdown: "Als Markdown sichern",
  askNow: "Jetzt eine Frage stellen",
  provider: (label: string) => `Mit ${label} anmelden`,
  conflicts: "Hier widersprechen sich Quellen",
  editions: "Es sind Fassungen derselben Regel aus verschiedenen Zeiten.",
  useSearch: "Stattdessen suchen",
};
