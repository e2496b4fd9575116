import { Button } from "@mantine/core";
import { IconRefresh } from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { Link } from "wouter";

import { retryJob } from "@/api/calls";
import type { Collection, DocumentState, LibraryDocument } from "@/api/types";
import { adviceFor } from "@/library/advice";
import styles from "@/library/DocumentPage.module.css";
import { DOCUMENTS } from "@/library/uploads";
import { Notice } from "@/shell/Notice";
import page from "@/shell/Page.module.css";
import { locale, texts } from "@/texts";
import { dayAndTime, fileSize } from "@/texts/dates";

const languages = new Intl.DisplayNames([locale], { type: "language" });

const TONES: Record<DocumentState, string> = {
  visible: "good",
  waiting: "busy",
  processing: "busy",
  failed: "bad",
  quarantined: "bad",
};

interface Props {
  document: LibraryDocument;
  collection: Collection | undefined;
}

export function DocumentFacts({ document, collection }: Props) {
  const words = texts.docs.document.facts;
  const pages = document.version?.pages ?? 0;
  const size = [fileSize(document.size_bytes), pages > 0 ? texts.pages(pages) : null].filter(Boolean).join(" · ");
  return (
    <dl className={page.facts}>
      <Fact name={words.state}>
        <span className={page.pill} data-tone={TONES[document.state]}>
          {texts.library.states[document.state]}
        </span>
      </Fact>
      <Fact name={words.collection}>{collection?.title || collection?.name}</Fact>
      <Fact name={words.kind}>{document.media_type}</Fact>
      <Fact name={words.size}>{size}</Fact>
      <Fact name={words.language}>{document.language && languages.of(document.language)}</Fact>
      <Fact name={words.added}>{dayAndTime(document.created_at)}</Fact>
      <Fact name={words.chunks}>{document.version?.chunks}</Fact>
      <Fact name={words.partOf}>
        {document.parent_id && (
          <Link href={`/documents/${document.parent_id}`} className={page.link}>
            {texts.docs.document.openParent}
          </Link>
        )}
      </Fact>
    </dl>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  if (!children) return null;
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  );
}

/** Why a document does not answer, what to do about it, and another try. */
export function DocumentTrouble({ document, mayChange }: { document: LibraryDocument; mayChange: boolean }) {
  const client = useQueryClient();
  const again = useMutation({
    mutationFn: retryJob,
    onSettled: () => client.invalidateQueries({ queryKey: DOCUMENTS }),
  });
  const { job } = document;
  const failed = document.state === "failed" || document.state === "quarantined";
  return (
    <>
      {failed && job?.error && (
        <div className={styles.trouble}>
          <p className={styles.reason}>
            <strong>{job.error.reason}</strong>
            {adviceFor(job.error.code)}
          </p>
          {mayChange && (
            <Button
              size="xs"
              variant="default"
              leftSection={<IconRefresh size={15} />}
              loading={again.isPending}
              onClick={() => again.mutate(job.id)}
            >
              {texts.library.retry}
            </Button>
          )}
        </div>
      )}
      {again.isError && <Notice problem={again.error} />}
      {document.warnings.map((warning) => (
        <p key={warning} className={page.muted}>
          {warning}
        </p>
      ))}
    </>
  );
}
