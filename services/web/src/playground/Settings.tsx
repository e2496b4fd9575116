import { Checkbox, TextInput } from "@mantine/core";
import type { ChangeEvent } from "react";

import type { PlayAsked } from "@/api/oversightTypes";
import styles from "@/playground/Playground.module.css";
import page from "@/shell/Page.module.css";
import { texts } from "@/texts";

/** As they stand in the fields; what is no number is the server's default. */
export interface Chosen {
  temperature: string;
  top_p: string;
  top_k: string;
  repetition_penalty: string;
  max_tokens: string;
  seed: string;
  stop: string;
  logprobs: boolean;
}

const words = texts.play;
const NUMBERS: { name: keyof Omit<Chosen, "stop" | "logprobs">; label: string; min: number; max: number; step: number }[] = [
  { name: "temperature", label: words.temperature, min: 0, max: 2, step: 0.1 },
  { name: "top_p", label: words.topP, min: 0.01, max: 1, step: 0.01 },
  { name: "top_k", label: words.topK, min: 0, max: 1000, step: 1 },
  { name: "repetition_penalty", label: words.penalty, min: 0.1, max: 2, step: 0.05 },
  { name: "max_tokens", label: words.maxTokens, min: 1, max: 8192, step: 1 },
  { name: "seed", label: words.seed, min: 0, max: 2 ** 53 - 1, step: 1 },
];

/** The sampling part of the request. Stops are written one a line's part, divided by `|`. */
export function sampling(chosen: Chosen): Partial<PlayAsked> {
  const stop = chosen.stop.split("|").filter(Boolean);
  const numbers = NUMBERS.filter(({ name }) => chosen[name] !== "").map(({ name }) => [name, Number(chosen[name])]);
  return { ...(Object.fromEntries(numbers) as Partial<PlayAsked>), stop, logprobs: chosen.logprobs ? 4 : null };
}

export function Settings({ chosen, onChange }: { chosen: Chosen; onChange: (chosen: Chosen) => void }) {
  const set = (name: keyof Chosen) => (event: ChangeEvent<HTMLInputElement>) =>
    onChange({ ...chosen, [name]: event.currentTarget.value });
  return (
    <section className={`${page.panel ?? ""} ${styles.side ?? ""}`}>
      <h2>{words.sampling}</h2>
      <div className={styles.pair}>
        {NUMBERS.map(({ name, label, ...bounds }) => (
          <TextInput key={name} type="number" label={label} value={chosen[name]} onChange={set(name)} {...bounds} />
        ))}
      </div>
      <TextInput label={words.stop} description={words.stopHint} value={chosen.stop} onChange={set("stop")} />
      <Checkbox
        label={words.logprobs}
        checked={chosen.logprobs}
        onChange={(event) => onChange({ ...chosen, logprobs: event.currentTarget.checked })}
      />
    </section>
  );
}
