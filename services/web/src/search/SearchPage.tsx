import { Button, Loader, TextInput } from "@mantine/core";
import { IconMessageCircleQuestion, IconSearch } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState, type SyntheticEvent } from "react";
import { useLocation, useSearch } from "wouter";

import { search } from "@/api/calls";
import type { Found } from "@/api/types";
import { useAsking } from "@/answers/asking";
import { CollectionPicker } from "@/answers/CollectionPicker";
import { PassageList } from "@/reader/PassageList";
import { Filters } from "@/search/Filters";
import styles from "@/search/SearchPage.module.css";
import { addressOf, filtersOf, wantedFrom, type Wanted } from "@/search/wanted";
import { EmptyState } from "@/shell/EmptyState";
import { Notice } from "@/shell/Notice";
import { texts } from "@/texts";

const LIMIT = 20;

function useFound(wanted: Wanted) {
  return useQuery({
    queryKey: ["search", wanted],
    queryFn: () => search(wanted.question, wanted.collections, LIMIT, filtersOf(wanted)),
    enabled: wanted.question !== "",
    placeholderData: (before) => before,
  });
}

/** The same box without a model: works also when the engine is down. */
export default function SearchPage() {
  const query = useSearch();
  const [, go] = useLocation();
  const wanted = wantedFrom(query);
  const found = useFound(wanted);
  const change = (part: Partial<Wanted>): void => go(addressOf({ ...wanted, ...part }), { replace: true });
  return (
    <div className={styles.page}>
      <h1 className={styles.title}>{texts.search.title}</h1>
      <p className={styles.lead}>{texts.search.lead}</p>
      <Box key={wanted.question} words={wanted.question} pending={found.isFetching} onSearch={(question) => go(addressOf({ ...wanted, question }))} />
      <CollectionPicker chosen={wanted.collections} onChange={(collections) => change({ collections })} />
      <Filters wanted={wanted} onChange={change} />
      {found.isError && <Notice problem={found.error} onRetry={() => void found.refetch()} />}
      {!found.isError && <Results found={found.data} wanted={wanted} pending={found.isLoading} />}
    </div>
  );
}

interface BoxProps {
  words: string;
  pending: boolean;
  onSearch: (question: string) => void;
}

function Box({ words, pending, onSearch }: BoxProps) {
  const [question, setQuestion] = useState(words);
  const submit = (event: SyntheticEvent): void => {
    event.preventDefault();
    if (question.trim()) onSearch(question.trim());
  };
  return (
    <form className={styles.form} role="search" onSubmit={submit}>
      <TextInput
        className={styles.field}
        type="search"
        size="md"
        radius="lg"
        autoFocus
        maxLength={4000}
        leftSection={<IconSearch size={18} stroke={1.7} />}
        placeholder={texts.search.placeholder}
        aria-label={texts.search.placeholder}
        value={question}
        onChange={(event) => setQuestion(event.currentTarget.value)}
      />
      <Button type="submit" size="md" radius="lg" loading={pending} disabled={!question.trim()}>
        {texts.search.submit}
      </Button>
    </form>
  );
}

function Results({ found, wanted, pending }: { found: Found | undefined; wanted: Wanted; pending: boolean }) {
  if (wanted.question === "") return <p className={styles.lead}>{texts.search.start}</p>;
  if (pending || !found) return <Loader size="sm" type="dots" role="status" aria-label={texts.loading} />;
  if (found.passages.length === 0) {
    return (
      <EmptyState title={texts.search.none} lead={texts.search.noneHelp}>
        <AskThis wanted={wanted} />
      </EmptyState>
    );
  }
  return (
    <section>
      {found.degraded.length > 0 && <p className={styles.lead}>{texts.search.degraded}</p>}
      <div className={styles.counted}>
        <div role="status">
          <h2 className={styles.count}>{texts.search.found(found.passages.length)}</h2>
        </div>
        <AskThis wanted={wanted} />
      </div>
      <PassageList passages={found.passages} question={wanted.question} />
    </section>
  );
}

function AskThis({ wanted }: { wanted: Wanted }) {
  const { ask } = useAsking();
  return (
    <Button
      size="compact-sm"
      variant="subtle"
      leftSection={<IconMessageCircleQuestion size={16} />}
      onClick={() => ask(wanted.question, wanted.collections, null)}
    >
      {texts.finding.askThis}
    </Button>
  );
}
