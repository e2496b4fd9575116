import { ActionIcon, Button, Menu, Progress } from "@mantine/core";
import { IconDotsVertical, IconDownload, IconEye, IconRefresh, IconTrash, IconUsers } from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { Link } from "wouter";

import { fileAddress, retryJob } from "@/api/calls";
import type { Job, LibraryDocument } from "@/api/types";
import { adviceFor } from "@/library/advice";
import styles from "@/library/DocumentRow.module.css";
import { hasEnded, watchJob } from "@/library/jobs";
import { RemoveDialog } from "@/library/RemoveDialog";
import { stageShare, stageWords } from "@/library/stages";
import { DOCUMENTS } from "@/library/uploads";
import { FileMark } from "@/reader/FileMark";
import { texts } from "@/texts";
import { fileSize, shortDate } from "@/texts/dates";

/** The document's job as it moves; the list's own copy until the first event. */
function useLiveJob(document: LibraryDocument): Job | null {
  const [live, setLive] = useState<Job | null>(null);
  const client = useQueryClient();
  const id = document.job && !hasEnded(document.job) ? document.job.id : null;
  useEffect(() => {
    if (!id) return undefined;
    return watchJob(id, (job) => {
      setLive(job);
      if (hasEnded(job)) void client.invalidateQueries({ queryKey: DOCUMENTS });
    });
  }, [id, client]);
  return live?.id === document.job?.id ? live : document.job;
}

interface Props {
  document: LibraryDocument;
  mayChange: boolean;
}

export function DocumentRow({ document, mayChange }: Props) {
  const [removing, setRemoving] = useState(false);
  const job = useLiveJob(document);
  return (
    <li className={styles.row} data-testid="document" data-state={document.state}>
      <FileMark name={document.name} />
      <div className={styles.words}>
        <Link className={styles.name} href={`/documents/${document.id}`}>
          {document.name}
        </Link>
        <Facts document={document} />
        <Trouble document={document} job={job} mayChange={mayChange} />
      </div>
      <State document={document} job={job} />
      <Actions document={document} mayChange={mayChange} onRemove={() => setRemoving(true)} />
      {removing && <RemoveDialog document={document} onClose={() => setRemoving(false)} />}
    </li>
  );
}

function Facts({ document }: { document: LibraryDocument }) {
  const pages = document.version?.pages ?? 0;
  const facts = [
    pages > 0 ? texts.pages(pages) : null,
    fileSize(document.size_bytes),
    shortDate(document.created_at),
    document.version && document.version.number > 1 ? texts.version(document.version.number) : null,
  ];
  return (
    <p className={styles.facts}>
      {facts.filter(Boolean).join(" · ")}
      {document.narrowed_to && (
        <IconUsers size={14} stroke={1.7} role="img" aria-label={texts.library.restricted} className={styles.narrowed} />
      )}
    </p>
  );
}

function Trouble({ document, job, mayChange }: Props & { job: Job | null }) {
  const client = useQueryClient();
  const again = useMutation({
    mutationFn: retryJob,
    onSettled: () => client.invalidateQueries({ queryKey: DOCUMENTS }),
  });
  const error = document.state === "failed" || document.state === "quarantined" ? job?.error : undefined;
  return (
    <>
      {error && (
        <p className={styles.reason}>
          {error.reason}
          <span className={styles.facts}>{adviceFor(error.code)}</span>
          {mayChange && job && (
            <Button
              size="compact-xs"
              variant="subtle"
              leftSection={<IconRefresh size={14} />}
              loading={again.isPending}
              onClick={() => again.mutate(job.id)}
            >
              {texts.library.retry}
            </Button>
          )}
        </p>
      )}
      {document.warnings.map((warning) => (
        <p key={warning} className={styles.warning}>
          {warning}
        </p>
      ))}
    </>
  );
}

function State({ document, job }: { document: LibraryDocument; job: Job | null }) {
  const moving = job !== null && !hasEnded(job) && (document.state === "processing" || document.state === "waiting");
  return (
    <div className={styles.state}>
      <span className={styles.badge} data-state={document.state}>
        {moving ? stageWords(job) : texts.library.states[document.state]}
      </span>
      {moving && <Progress size={4} radius="xl" value={stageShare(job)} aria-label={stageWords(job)} />}
    </div>
  );
}

function Actions({ document, mayChange, onRemove }: Props & { onRemove: () => void }) {
  return (
    <Menu position="bottom-end" width={200} withinPortal>
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" aria-label={texts.library.actions(document.name)}>
          <IconDotsVertical size={18} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item
          leftSection={<IconEye size={16} />}
          component={Link}
          href={`/documents/${document.id}`}
        >
          {texts.library.preview}
        </Menu.Item>
        <Menu.Item
          component="a"
          href={fileAddress(document.id)}
          download={document.name}
          leftSection={<IconDownload size={16} />}
        >
          {texts.library.download}
        </Menu.Item>
        {mayChange && (
          <Menu.Item color="danger" leftSection={<IconTrash size={16} />} onClick={onRemove}>
            {texts.library.remove}
          </Menu.Item>
        )}
      </Menu.Dropdown>
    </Menu>
  );
}
