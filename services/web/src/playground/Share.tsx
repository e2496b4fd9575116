import { Button, SegmentedControl } from "@mantine/core";
import { IconCheck, IconCopy } from "@tabler/icons-react";
import { useState } from "react";

import type { PlayAsked } from "@/api/oversightTypes";
import { copyText } from "@/answers/copying";
import styles from "@/playground/Playground.module.css";
import { asCurl, asPython } from "@/playground/snippets";
import page from "@/shell/Page.module.css";
import { texts } from "@/texts";

const words = texts.play;

/** The request as it would be sent now, to go on with elsewhere. */
export function Share({ asked }: { asked: PlayAsked }) {
  const [way, setWay] = useState("curl");
  const [copied, setCopied] = useState("");
  const code = (way === "curl" ? asCurl : asPython)(asked, window.location.origin);
  return (
    <section className={page.form}>
      <h2 className={page.subtitle}>{words.share}</h2>
      <p className={page.muted}>{words.shareLead}</p>
      <div className={page.actions}>
        <SegmentedControl aria-label={words.share} data={[{ value: "curl", label: "curl" }, { value: "python", label: "Python" }]} value={way} onChange={setWay} />
        <Button
          variant="default"
          leftSection={copied === code ? <IconCheck size={16} /> : <IconCopy size={16} />}
          onClick={() => void copyText(code).then((done) => setCopied(done ? code : ""))}
        >
          {copied === code ? words.copied : words.copy}
        </Button>
      </div>
      <pre className={styles.code} tabIndex={0} aria-label={way} data-testid="snippet">
        {code}
      </pre>
    </section>
  );
}
