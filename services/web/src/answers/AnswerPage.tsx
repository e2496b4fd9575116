import { Button, Loader } from "@mantine/core";
import { IconFileOff } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "wouter";

import { ApiError } from "@/api/client";
import { AnswerView } from "@/answers/AnswerView";
import { answerQuery, useAsking } from "@/answers/asking";
import { draftOf } from "@/answers/draft";
import { EmptyState } from "@/shell/EmptyState";
import { Notice } from "@/shell/Notice";
import shell from "@/shell/Shell.module.css";
import { texts } from "@/texts";

export default function AnswerPage({ id }: { id: string }) {
  const { draft } = useAsking();
  const own = draft?.id === id ? draft : null;
  const stored = useQuery({ ...answerQuery(id), enabled: own === null });
  if (own) return <AnswerView draft={own} />;
  if (stored.data) return <AnswerView draft={draftOf(stored.data)} />;
  if (stored.isPending) {
    return (
      <div className={shell.waiting}>
        <Loader size="sm" type="dots" role="status" aria-label={texts.loading} />
      </div>
    );
  }
  if (stored.error instanceof ApiError && stored.error.status === 404) {
    return (
      <EmptyState icon={<IconFileOff size={26} stroke={1.6} />} title={texts.answer.missing}>
        <Button component={Link} href="/" variant="default">
          {texts.nav.newQuestion}
        </Button>
      </EmptyState>
    );
  }
  return (
    <div className={shell.waiting}>
      <Notice problem={stored.error} onRetry={() => void stored.refetch()} />
    </div>
  );
}
