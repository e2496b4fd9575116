import { Button, Progress } from "@mantine/core";
import { IconAlertTriangle, IconCircleCheck, IconMessageCircleQuestion } from "@tabler/icons-react";
import { Link } from "wouter";

import { stageShare, stageWords } from "@/library/stages";
import styles from "@/library/UploadPanel.module.css";
import { useUploads, type Upload } from "@/library/uploads";
import { FileMark } from "@/reader/FileMark";
import { texts } from "@/texts";

/** Of a folder of thousands only so many rows are drawn: first what failed, then what moves. */
const MOST_ROWS = 60;

const ORDER: Record<Upload["state"], number> = { failed: 0, sending: 1, working: 2, queued: 3, done: 4 };

export function UploadPanel() {
  const { items, hidden, clear } = useUploads();
  if (items.length === 0) return null;
  const done = items.filter((one) => one.state === "done").length;
  const failed = items.filter((one) => one.state === "failed").length;
  const rows = items.length > 1 ? [...items].sort((a, b) => ORDER[a.state] - ORDER[b.state]) : items;
  return (
    <section className={styles.panel} aria-label={texts.library.uploads} data-testid="uploads">
      <header className={styles.head}>
        <h2>
          {texts.library.uploads} {texts.documents(items.length)}
        </h2>
        {done > 0 && (
          <Button component={Link} href="/" size="compact-sm" leftSection={<IconMessageCircleQuestion size={16} />}>
            {texts.finding.askNow}
          </Button>
        )}
        {done + failed > 0 && (
          <Button size="compact-xs" variant="subtle" color="gray" onClick={clear}>
            {texts.library.clear}
          </Button>
        )}
      </header>
      {items.length > 1 && (
        <div className={styles.whole}>
          <Progress size={6} radius="xl" value={((done + failed) * 100) / items.length} aria-label={texts.library.uploads} />
          <p className={styles.state}>
            {[texts.docs.progress(done, items.length), failed > 0 ? texts.docs.failed(failed) : null].filter(Boolean).join(" · ")}
          </p>
        </div>
      )}
      {hidden > 0 && <p className={styles.state}>{texts.docs.skipped(hidden)}</p>}
      <ul className={styles.list}>
        {rows.slice(0, MOST_ROWS).map((item) => (
          <Row key={item.key} item={item} />
        ))}
      </ul>
      {rows.length > MOST_ROWS && <p className={styles.state}>{texts.docs.others(rows.length - MOST_ROWS)}</p>}
    </section>
  );
}

function words(item: Upload): string {
  if (item.state === "failed") return item.reason || texts.library.states.failed;
  if (item.state === "done") return item.unchanged ? texts.docs.unchanged : texts.library.uploadDone;
  if (item.state === "sending") return texts.library.uploading;
  return item.job ? stageWords(item.job) : texts.library.states.waiting;
}

function share(item: Upload): number {
  if (item.state === "sending") return item.share * 10;
  return item.job ? 10 + stageShare(item.job) * 0.9 : 0;
}

function Row({ item }: { item: Upload }) {
  const { again } = useUploads();
  const ended = item.state === "done" || item.state === "failed";
  return (
    <li className={styles.row} data-state={item.state}>
      <FileMark name={item.name} />
      <div className={styles.words}>
        <span className={styles.name}>{item.name}</span>
        <span className={styles.state} role="status">
          {words(item)}
        </span>
        {!ended && <Progress size={4} radius="xl" value={share(item)} aria-label={item.name} />}
      </div>
      {item.state === "done" && <IconCircleCheck size={20} stroke={1.7} className={styles.good} aria-hidden />}
      {item.state === "failed" && (
        <>
          <IconAlertTriangle size={20} stroke={1.7} className={styles.bad} aria-hidden />
          <Button size="compact-xs" variant="default" onClick={() => again(item)}>
            {texts.library.retry}
          </Button>
        </>
      )}
    </li>
  );
}
