import { Button } from "@mantine/core";
import { IconPlugConnectedX } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "wouter";

import { readReadiness } from "@/api/calls";
import styles from "@/answers/EngineDown.module.css";
import { texts } from "@/texts";

const LOOK_AGAIN_MS = 30_000;

export const readinessQuery = {
  queryKey: ["ready"],
  queryFn: readReadiness,
  refetchInterval: LOOK_AGAIN_MS,
  retry: false,
};

/** Says before one asks that there is no model now, and leads to what works without one. */
export function EngineDown() {
  const found = useQuery(readinessQuery);
  if (found.data?.parts.engine !== false) return null;
  return (
    <div className={styles.down} role="status">
      <IconPlugConnectedX size={20} stroke={1.7} aria-hidden />
      <span className={styles.words}>{texts.finding.engineDown}</span>
      <Button component={Link} href="/search" size="xs" variant="default">
        {texts.finding.useSearch}
      </Button>
    </div>
  );
}
