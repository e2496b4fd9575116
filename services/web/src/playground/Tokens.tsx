import { useState, type KeyboardEvent } from "react";

import { levelOf, percent, type Token } from "@/playground/play";
import styles from "@/playground/Playground.module.css";
import { texts } from "@/texts";

const words = texts.play;
const STEPS: Record<string, number> = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };
const LEVELS = ["≥ 90 %", "≥ 60 %", "≥ 30 %", "≥ 10 %", "< 10 %"];

/** Each token coloured by how likely it was; the one pointed at, or walked to by arrow keys, is told below. */
export function Tokens({ tokens }: { tokens: Token[] }) {
  const [chosen, setChosen] = useState<number | null>(null);
  const onKey = (event: KeyboardEvent): void => {
    const step = STEPS[event.key];
    if (step === undefined) return;
    event.preventDefault();
    setChosen((now) => Math.min(tokens.length - 1, Math.max(0, (now ?? -1) + step)));
  };
  return (
    <>
      <div
        className={`${styles.said ?? ""} ${styles.tokens ?? ""}`}
        role="group"
        aria-label={words.tokensLabel}
        tabIndex={0}
        data-testid="played"
        onKeyDown={onKey}
      >
        {tokens.map((one, place) => (
          <span
            key={place}
            className={styles.token}
            data-level={levelOf(one.logprob)}
            data-chosen={place === chosen || undefined}
            onPointerEnter={() => setChosen(place)}
          >
            {one.text}
          </span>
        ))}
      </div>
      <Scale />
      <div className={styles.about} aria-live="polite" data-testid="token">
        {chosen !== null && tokens[chosen] ? <About token={tokens[chosen]} /> : <p>{words.tokensHint}</p>}
      </div>
    </>
  );
}

function Scale() {
  return (
    <ul className={styles.scale} aria-label={words.scale}>
      {LEVELS.map((label, level) => (
        <li key={label} className={styles.token} data-level={level}>
          {label}
        </li>
      ))}
    </ul>
  );
}

const visible = (text: string): string => text.replaceAll("\n", "⏎").replaceAll(" ", "␣") || "∅";

function About({ token }: { token: Token }) {
  return (
    <>
      <p>
        <code>{visible(token.text)}</code> · {percent(token.logprob)} · {words.logprob} {token.logprob.toFixed(3)}
      </p>
      <ul className={styles.others} aria-label={words.others}>
        {token.others.map((one) => (
          <li key={one.text}>
            <code>{visible(one.text)}</code> {percent(one.logprob)}
          </li>
        ))}
      </ul>
    </>
  );
}
