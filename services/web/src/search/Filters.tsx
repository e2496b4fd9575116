import { Button, NativeSelect, TextInput } from "@mantine/core";

import styles from "@/search/Filters.module.css";
import { filtersOf, KINDS, SEARCH_LANGUAGES, type Wanted } from "@/search/wanted";
import { locale, texts } from "@/texts";

const names = new Intl.DisplayNames([locale], { type: "language" });

const kinds = [
  { value: "", label: texts.finding.anyKind },
  ...Object.keys(KINDS).map((kind) => ({
    value: kind,
    label: texts.finding.kinds[kind as keyof typeof texts.finding.kinds],
  })),
];
const languages = [
  { value: "", label: texts.finding.anyLanguage },
  ...SEARCH_LANGUAGES.map((code) => ({ value: code, label: names.of(code) ?? code })),
];

interface Props {
  wanted: Wanted;
  onChange: (change: Partial<Wanted>) => void;
}

/** What a search keeps to besides collections; each choice searches again. */
export function Filters({ wanted, onChange }: Props) {
  const field = styles.field ?? "";
  return (
    <div className={styles.row} role="group" aria-label={texts.finding.filters}>
      <NativeSelect
        className={field}
        label={texts.finding.kind}
        data={kinds}
        value={wanted.kind}
        onChange={(event) => onChange({ kind: event.currentTarget.value })}
      />
      <NativeSelect
        className={field}
        label={texts.finding.language}
        data={languages}
        value={wanted.language}
        onChange={(event) => onChange({ language: event.currentTarget.value })}
      />
      <TextInput
        className={field}
        type="date"
        label={texts.finding.from}
        value={wanted.from}
        onChange={(event) => onChange({ from: event.currentTarget.value })}
      />
      <TextInput
        className={field}
        type="date"
        label={texts.finding.until}
        value={wanted.until}
        onChange={(event) => onChange({ until: event.currentTarget.value })}
      />
      {filtersOf(wanted) && (
        <Button
          variant="subtle"
          color="gray"
          onClick={() => onChange({ kind: "", language: "", from: "", until: "" })}
        >
          {texts.finding.clear}
        </Button>
      )}
    </div>
  );
}
