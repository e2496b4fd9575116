import { useQuery } from "@tanstack/react-query";

import { collectionsQuery } from "@/answers/collections";
import type { Collection } from "@/api/types";
import { AnswerView } from "@/answers/AnswerView";
import { useAsking } from "@/answers/asking";
import styles from "@/answers/AskPage.module.css";
import { Composer } from "@/answers/Composer";
import { EngineDown } from "@/answers/EngineDown";
import { FirstSteps } from "@/answers/FirstSteps";
import { texts } from "@/texts";

export default function AskPage() {
  const { draft } = useAsking();
  const collections = useQuery(collectionsQuery);
  if (draft?.id === null) return <AnswerView draft={draft} />;
  const items = collections.data?.items;
  if (items?.every((one) => one.document_count === 0)) return <FirstSteps collections={items} />;
  return (
    <div className={styles.welcome}>
      <h1 className={styles.title}>{texts.ask.title}</h1>
      <p className={styles.lead}>{texts.ask.lead}</p>
      <EngineDown />
      <Composer large autoFocus />
      {items && <Reach collections={items} />}
    </div>
  );
}

function Reach({ collections }: { collections: Collection[] }) {
  const documents = collections.reduce((sum, one) => sum + one.document_count, 0);
  return <p className={styles.reach}>{texts.ask.reach(documents, collections.length)}</p>;
}
