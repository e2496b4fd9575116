import { ActionIcon, Button, Menu, Progress, UnstyledButton } from "@mantine/core";
import { IconDotsVertical, IconDownload, IconEye, IconRefresh, IconTrash, IconUsers } from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";

import { fileAddress, retryJob } from "@/api/calls";
import type { Job, LibraryDocument } from "@/api/types";
import styles from "@/library/DocumentRow.module.css";
import { hasEnded, watchJob } from "@/library/jobs";
import { Preview } from "@/library/Preview";
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
  const [opened, setOpened] = useState<"preview" | "remove" | null>(null);
  const job = useLiveJob(document);
  const close = (): void => setOpened(null);
  const readable = document.version !== null;
  return (
    <li className={styles.row} data-testid="document" data-state={document.state}>
      <FileMark name={document.name} />
      <div className={styles.words}>
        <UnstyledButton className={styles.name} disabled={!readable} onClick={() => setOpened("preview")}>
          {document.name}
        </UnstyledButton>
        <Facts document={document} />
        <Trouble document={document} job={job} mayChange={mayChange} />
      </div>
      <State document={document} job={job} />
      <Actions document={document} mayChange={mayChange} onOpen={setOpened} />
      {opened === "preview" && <Preview document={document} onClose={close} />}
      {opened === "remove" && <RemoveDialog document={document} onClose={close} />}
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
  const reason = document.state === "failed" || document.state === "quarantined" ? job?.error?.reason : undefined;
  return (
    <>
      {reason && (
        <p className={styles.reason}>
          {reason}
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

function Actions({ document, mayChange, onOpen }: Props & { onOpen: (what: "preview" | "remove") => void }) {
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
          disabled={!document.version}
          onClick={() => onOpen("preview")}
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
          <Menu.Item color="danger" leftSection={<IconTrash size={16} />} onClick={() => onOpen("remove")}>
            {texts.library.remove}
          </Menu.Item>
        )}
      </Menu.Dropdown>
    </Menu>
  );
}
