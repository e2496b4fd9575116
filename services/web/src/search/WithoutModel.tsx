import { useQuery } from "@tanstack/react-query";

import { search } from "@/api/calls";
import { PassageList } from "@/reader/PassageList";
import styles from "@/search/WithoutModel.module.css";

const LIMIT = 5;

interface Props {
  question: string;
  collections: string[];
  words: string;
}

/** Passages for a question that the model cannot take now; quiet where there are none. */
export function WithoutModel({ question, collections, words }: Props) {
  const found = useQuery({
    queryKey: ["search", "meanwhile", question, collections],
    queryFn: () => search(question, collections, LIMIT),
  });
  const passages = found.data?.passages ?? [];
  if (passages.length === 0) return null;
  return (
    <section aria-label={words}>
      <h2 className={styles.title}>{words}</h2>
      <PassageList passages={passages} question={question} />
    </section>
  );
}
