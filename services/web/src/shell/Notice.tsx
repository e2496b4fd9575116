import { Button } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";

import { ApiError } from "@/api/client";
import type { Problem } from "@/api/types";
import styles from "@/shell/Notice.module.css";
import { texts } from "@/texts";

/** The sentence a person can act on. */
export function sentenceFor(problem: Error | Problem): string {
  const code = "code" in problem ? problem.code : "";
  if (code === "unreachable") return texts.problem.unreachable;
  if (code === "engine_unavailable") return texts.problem.engine;
  if (problem instanceof ApiError) return problem.message;
  if (problem instanceof Error) return texts.problem.unknown;
  return problem.detail ?? problem.title;
}

interface Props {
  problem: Error | Problem;
  title?: string;
  onRetry?: (() => void) | undefined;
}

export function Notice({ problem, title, onRetry }: Props) {
  return (
    <div className={styles.notice} role="alert">
      <IconAlertTriangle size={20} stroke={1.7} aria-hidden />
      <div className={styles.words}>
        {title && <strong>{title}</strong>}
        <span>{sentenceFor(problem)}</span>
      </div>
      {onRetry && (
        <Button size="xs" variant="default" onClick={onRetry}>
          {texts.retry}
        </Button>
      )}
    </div>
  );
}
