import { Button, Progress } from "@mantine/core";
import { IconAlertTriangle, IconCircleCheck } from "@tabler/icons-react";

import { useUploads, type Upload } from "@/library/uploads";
import { stageShare, stageWords } from "@/library/stages";
import styles from "@/library/UploadPanel.module.css";
import { FileMark } from "@/reader/FileMark";
import { texts } from "@/texts";

export function UploadPanel() {
  const { items, clear } = useUploads();
  if (items.length === 0) return null;
  const finished = items.some((one) => one.state === "done" || one.state === "failed");
  return (
    <section className={styles.panel} aria-label={texts.library.uploads} data-testid="uploads">
      <header className={styles.head}>
        <h2>
          {texts.library.uploads} {texts.documents(items.length)}
        </h2>
        {finished && (
          <Button size="compact-xs" variant="subtle" color="gray" onClick={clear}>
            {texts.library.clear}
          </Button>
        )}
      </header>
      <ul className={styles.list}>
        {items.map((item) => (
          <Row key={item.key} item={item} />
        ))}
      </ul>
    </section>
  );
}

function words(item: Upload): string {
  if (item.state === "failed") return item.reason || texts.library.states.failed;
  if (item.state === "done") return texts.library.uploadDone;
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
      <FileMark name={item.file.name} />
      <div className={styles.words}>
        <span className={styles.name}>{item.file.name}</span>
        <span className={styles.state} role="status">
          {words(item)}
        </span>
        {!ended && <Progress size={4} radius="xl" value={share(item)} aria-label={item.file.name} />}
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
