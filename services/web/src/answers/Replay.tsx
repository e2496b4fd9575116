import { Button } from "@mantine/core";
import { IconCircleCheck, IconCircleDashed, IconRepeat } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";

import { replayAnswer } from "@/api/askingCalls";
import type { Answer, Replay } from "@/api/types";
import styles from "@/answers/Replay.module.css";
import { Notice } from "@/shell/Notice";
import { texts } from "@/texts";

/** Makes one's own answer again and shows what came of it: the same, or what changed since. */
export default function ReplayPanel({ answer }: { answer: Answer }) {
  const replay = useMutation({ mutationFn: () => replayAnswer(answer.id) });
  return (
    <section className={styles.panel} aria-label={texts.asking.replay.title} data-testid="replay">
      <p>{texts.asking.replay.lead}</p>
      <div>
        <Button
          size="compact-sm"
          variant="default"
          leftSection={<IconRepeat size={15} />}
          loading={replay.isPending}
          onClick={() => replay.mutate()}
        >
          {texts.asking.replay.run}
        </Button>
      </div>
      <div role="status" aria-live="polite" className={styles.outcome}>
        {replay.isPending && <span className={styles.quiet}>{texts.asking.replay.running}</span>}
        {replay.data && <Outcome replay={replay.data} />}
      </div>
      {replay.isError && <Notice problem={replay.error} />}
    </section>
  );
}

function Outcome({ replay }: { replay: Replay }) {
  const same = replay.outcome === "identical" || replay.outcome === "same_words";
  const Symbol = same ? IconCircleCheck : IconCircleDashed;
  return (
    <>
      <p className={styles.verdict} data-same={same || undefined} data-outcome={replay.outcome}>
        <Symbol size={18} stroke={1.8} aria-hidden />
        {texts.asking.replay.outcomes[replay.outcome]}
      </p>
      <p className={styles.quiet}>{leadOf(replay)}</p>
      {replay.changed_parts.length > 0 && (
        <p className={styles.quiet}>
          {texts.asking.replay.changedParts}: {replay.changed_parts.join(", ")}
        </p>
      )}
      <Difference lines={replay.diff} />
    </>
  );
}

function leadOf(replay: Replay): string {
  if (replay.reason) return replay.reason;
  return replay.outcome === "identical" ? texts.asking.replay.identicalLead : texts.asking.replay.sameWordsLead;
}

/** The sentences that went and came; the lines that only say where are left out. */
function Difference({ lines }: { lines: string[] }) {
  const shown = lines.filter((line) => /^[+-](?![+-]{2} )/.test(line));
  if (shown.length === 0) return null;
  return (
    <ul className={styles.lines}>
      {shown.map((line, n) => (
        <li key={n} data-kind={line.startsWith("+") ? "after" : "before"}>
          <span className={styles.sign}>{line.startsWith("+") ? texts.asking.replay.after : texts.asking.replay.before}</span>
          {line.slice(1)}
        </li>
      ))}
    </ul>
  );
}
