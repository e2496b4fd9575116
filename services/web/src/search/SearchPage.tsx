import { Button, TextInput } from "@mantine/core";
import { IconSearch } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { useState, type SyntheticEvent } from "react";

import { search } from "@/api/calls";
import type { Passage } from "@/api/types";
import { CollectionPicker } from "@/answers/CollectionPicker";
import { PassageList } from "@/reader/PassageList";
import styles from "@/search/SearchPage.module.css";
import { EmptyState } from "@/shell/EmptyState";
import { Notice } from "@/shell/Notice";
import { texts } from "@/texts";

const LIMIT = 20;

/** The same box without a model: works also when the engine is down. */
export default function SearchPage() {
  const [question, setQuestion] = useState("");
  const [collections, setCollections] = useState<string[]>([]);
  const searching = useMutation({ mutationFn: (words: string) => search(words, collections, LIMIT) });
  const submit = (event: SyntheticEvent): void => {
    event.preventDefault();
    if (question.trim()) searching.mutate(question.trim());
  };
  return (
    <div className={styles.page}>
      <h1 className={styles.title}>{texts.search.title}</h1>
      <p className={styles.lead}>{texts.search.lead}</p>
      <form className={styles.form} role="search" onSubmit={submit}>
        <TextInput
          className={styles.field}
          type="search"
          size="md"
          radius="lg"
          autoFocus
          leftSection={<IconSearch size={18} stroke={1.7} />}
          placeholder={texts.search.placeholder}
          aria-label={texts.search.placeholder}
          value={question}
          onChange={(event) => setQuestion(event.currentTarget.value)}
        />
        <Button type="submit" size="md" radius="lg" loading={searching.isPending} disabled={!question.trim()}>
          {texts.search.submit}
        </Button>
      </form>
      <CollectionPicker chosen={collections} onChange={setCollections} />
      {searching.isError && <Notice problem={searching.error} onRetry={() => searching.mutate(question)} />}
      {searching.data && searching.data.degraded.length > 0 && <p className={styles.lead}>{texts.search.degraded}</p>}
      <Results passages={searching.data?.passages} question={searching.variables ?? ""} />
    </div>
  );
}

function Results({ passages, question }: { passages: Passage[] | undefined; question: string }) {
  if (!passages) return <p className={styles.lead}>{texts.search.start}</p>;
  if (passages.length === 0) return <EmptyState title={texts.search.none} lead={texts.search.noneHelp} />;
  return (
    <section aria-live="polite">
      <h2 className={styles.count}>{texts.search.found(passages.length)}</h2>
      <PassageList passages={passages} question={question} />
    </section>
  );
}
