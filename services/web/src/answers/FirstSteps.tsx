import { Button } from "@mantine/core";
import { IconUpload } from "@tabler/icons-react";
import { Link } from "wouter";

import type { Collection } from "@/api/types";
import styles from "@/answers/AskPage.module.css";
import { useSession } from "@/session/session";
import { texts } from "@/texts";

/** An empty library leads by the hand to the first answer. */
export function FirstSteps({ collections }: { collections: Collection[] }) {
  const { person } = useSession();
  const own = collections.find((one) => one.may_contribute);
  return (
    <div className={styles.welcome}>
      <h1 className={styles.title}>{texts.ask.empty.title}</h1>
      <p className={styles.lead}>{texts.ask.empty.lead}</p>
      <ol className={styles.steps}>
        {texts.ask.empty.steps.map(([title, words], n) => (
          <li key={title} className={styles.step}>
            <span className={styles.number} aria-hidden>
              {n + 1}
            </span>
            <h2>{title}</h2>
            <p>{words}</p>
          </li>
        ))}
      </ol>
      {!own && person.is_admin && (
        <div className={styles.actions}>
          <Button component={Link} href="/library" size="md" leftSection={<IconUpload size={18} />}>
            {texts.docs.collection.create}
          </Button>
        </div>
      )}
      {own ? (
        <div className={styles.actions}>
          <Button component={Link} href={`/library/${encodeURIComponent(own.name)}`} size="md" leftSection={<IconUpload size={18} />}>
            {texts.ask.empty.upload}
          </Button>
        </div>
      ) : person.is_admin ? null : (
        <p className={styles.lead}>{texts.ask.empty.waiting}</p>
      )}
    </div>
  );
}
