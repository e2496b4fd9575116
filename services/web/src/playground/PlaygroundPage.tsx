import { Button, SegmentedControl, Textarea } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "wouter";

import { AdminFrame } from "@/admin/AdminFrame";
import { readPlayground } from "@/api/oversightCalls";
import type { PlayAsked, Playground } from "@/api/oversightTypes";
import { isRunning, speedOf, type Play } from "@/playground/play";
import { usePlaying } from "@/playground/playing";
import styles from "@/playground/Playground.module.css";
import { sampling, Settings, type Chosen } from "@/playground/Settings";
import { Share } from "@/playground/Share";
import { Tokens } from "@/playground/Tokens";
import { EmptyState } from "@/shell/EmptyState";
import { Loading } from "@/shell/Loading";
import { Notice } from "@/shell/Notice";
import page from "@/shell/Page.module.css";
import { texts } from "@/texts";

const words = texts.play;
type Mode = PlayAsked["mode"];
interface Turn {
  role: "user" | "assistant";
  content: string;
}

export default function PlaygroundPage() {
  const found = useQuery({ queryKey: ["playground"], queryFn: readPlayground });
  return (
    <AdminFrame lead={words.lead}>
      {found.isPending && <Loading />}
      {found.isError && <Notice problem={found.error} onRetry={() => void found.refetch()} />}
      {found.data?.is_open === false && (
        <EmptyState title={words.closed} lead={words.closedLead}>
          <pre className={styles.code} tabIndex={0} aria-label={words.closed}>
            HOLDFAST_ALLOW_BARE_MODEL=true
          </pre>
        </EmptyState>
      )}
      {found.data?.is_open && <Bench about={found.data} />}
    </AdminFrame>
  );
}

function firstChoice(about: Playground): Chosen {
  return {
    temperature: String(about.temperature),
    top_p: String(about.top_p),
    top_k: "0",
    repetition_penalty: "1",
    max_tokens: String(Math.min(about.max_tokens, 256)),
    seed: String(about.seed),
    stop: "",
    logprobs: true,
  };
}

function Bench({ about }: { about: Playground }) {
  const [mode, setMode] = useState<Mode>("complete");
  const [chosen, setChosen] = useState(() => firstChoice(about));
  const [prompt, setPrompt] = useState("");
  const [system, setSystem] = useState("");
  const [turns, setTurns] = useState<Turn[]>([]);
  const [draft, setDraft] = useState("");
  const playing = usePlaying();
  const { play } = playing;
  const said: Turn[] = draft.trim() ? [...turns, { role: "user", content: draft }] : turns;
  const asked: PlayAsked =
    mode === "complete" ? { mode, prompt, ...sampling(chosen) } : { mode, system, messages: said, ...sampling(chosen) };
  const may = mode === "complete" ? prompt !== "" : draft.trim() !== "";
  const start = (): void => {
    if (mode === "chat") {
      setTurns(said);
      setDraft("");
    }
    void playing.start(asked).then((end) => {
      if (mode === "chat" && end.text) setTurns([...said, { role: "assistant", content: end.text }]);
    });
  };
  const change = (next: string): void => {
    playing.clear();
    setMode(next as Mode);
  };
  const again = (): void => {
    playing.clear();
    setTurns([]);
  };
  return (
    <div className={styles.columns}>
      <div className={styles.main}>
        <SegmentedControl
          aria-label={words.mode}
          data={[
            { value: "complete", label: words.complete },
            { value: "chat", label: words.chat },
          ]}
          value={mode}
          onChange={change}
        />
        {mode === "complete" ? (
          <Textarea label={words.prompt} description={words.promptHint} autosize minRows={5} maxRows={16} value={prompt} onChange={(event) => setPrompt(event.currentTarget.value)} />
        ) : (
          <>
            <Textarea label={words.system} autosize minRows={2} maxRows={8} value={system} onChange={(event) => setSystem(event.currentTarget.value)} />
            <Turns turns={isRunning(play) ? turns : withoutLast(turns, play)} />
            <Textarea label={words.message} autosize minRows={2} maxRows={10} value={draft} onChange={(event) => setDraft(event.currentTarget.value)} />
          </>
        )}
        <div className={page.actions}>
          {isRunning(play) ? (
            <Button variant="default" onClick={playing.stop}>
              {words.stopNow}
            </Button>
          ) : (
            <Button disabled={!may} onClick={start}>
              {mode === "complete" ? words.goOn : words.send}
            </Button>
          )}
          {mode === "chat" && turns.length > 0 && (
            <Button variant="default" onClick={again}>
              {words.again}
            </Button>
          )}
        </div>
        {play && <Played play={play} />}
        <Share asked={asked} />
      </div>
      <aside className={styles.side}>
        <Settings chosen={chosen} onChange={setChosen} />
        <p className={page.muted}>
          {words.serves(about.model, about.context_tokens)} {words.ungrounded}
        </p>
        <Link href="/admin/model" className={page.link}>
          {words.planner}
        </Link>
      </aside>
    </div>
  );
}

/** The newest answer stands below with its tokens, not twice. */
function withoutLast(turns: Turn[], play: Play | null): Turn[] {
  const last = turns[turns.length - 1];
  return play && last?.role === "assistant" && last.content === play.text ? turns.slice(0, -1) : turns;
}

function Turns({ turns }: { turns: Turn[] }) {
  if (turns.length === 0) return null;
  return (
    <ol className={styles.turns}>
      {turns.map((turn, place) => (
        <li key={place} className={styles.turn} data-role={turn.role}>
          <h3>{turn.role === "user" ? words.you : words.model}</h3>
          {turn.content}
        </li>
      ))}
    </ol>
  );
}

function Played({ play }: { play: Play }) {
  return (
    <section className={page.form} aria-label={words.said} aria-busy={isRunning(play)}>
      {play.tokens.length > 0 ? (
        <Tokens tokens={play.tokens} />
      ) : (
        <div className={styles.said} data-empty={play.text === "" || undefined} data-testid="played">
          {play.text || (play.position ? words.inLine(play.position) : isRunning(play) ? words.reading : words.nothing)}
        </div>
      )}
      {play.problem && <Notice problem={play.problem} />}
      <Metrics play={play} />
    </section>
  );
}

function Metrics({ play }: { play: Play }) {
  const speed = speedOf(play);
  const tiles: [string, string][] = [
    [words.promptTokens, play.end ? String(play.end.prompt_tokens) : "…"],
    [words.newTokens, String(speed.tokens)],
    [words.ttft, speed.ttft_ms === null ? "…" : `${Math.round(speed.ttft_ms)} ms`],
    [words.speed, speed.tokens_per_s === null ? "…" : speed.tokens_per_s.toFixed(1)],
  ];
  const ended = play.phase === "stopped" ? words.stopped : play.end ? (words.reasons[play.end.finish_reason] ?? play.end.finish_reason) : null;
  return (
    <>
      <dl className={page.tiles} data-testid="metrics">
        {tiles.map(([name, value]) => (
          <div key={name} className={page.tile}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {ended && (
        <p className={page.muted} role="status">
          {ended}
        </p>
      )}
    </>
  );
}
