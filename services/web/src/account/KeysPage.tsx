import { Button } from "@mantine/core";
import { IconKey, IconPlus } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { CreateKey } from "@/account/CreateKey";
import styles from "@/account/KeysPage.module.css";
import { listKeys, revokeKey } from "@/api/calls";
import type { ApiKey } from "@/api/types";
import { Confirm } from "@/shell/Confirm";
import { EmptyState } from "@/shell/EmptyState";
import { Notice } from "@/shell/Notice";
import { texts } from "@/texts";
import { shortDate } from "@/texts/dates";

export const KEYS = ["api-keys"] as const;

export default function KeysPage() {
  const found = useQuery({ queryKey: KEYS, queryFn: listKeys });
  const [creating, setCreating] = useState(false);
  const keys = found.data?.items ?? [];
  return (
    <div className={styles.page}>
      <header className={styles.head}>
        <div>
          <h1 className={styles.title}>{texts.account.keys}</h1>
          <p className={styles.lead}>{texts.account.keysLead}</p>
        </div>
        <Button leftSection={<IconPlus size={17} />} onClick={() => setCreating(true)}>
          {texts.account.create}
        </Button>
      </header>
      {found.isError && <Notice problem={found.error} onRetry={() => void found.refetch()} />}
      {found.isSuccess && keys.length === 0 && (
        <EmptyState icon={<IconKey size={26} stroke={1.6} />} title={texts.account.none} lead={texts.account.noneLead} />
      )}
      {keys.length > 0 && (
        <ul className={styles.list}>
          {keys.map((key) => (
            <Row key={key.id} entry={key} />
          ))}
        </ul>
      )}
      {creating && <CreateKey onClose={() => setCreating(false)} />}
    </div>
  );
}

function factsOf(entry: ApiKey): string {
  const used = entry.last_used_at
    ? `${texts.account.lastUsed} ${shortDate(entry.last_used_at)}`
    : texts.account.neverUsed;
  const expires = `${texts.account.expires} ${entry.expires_at ? shortDate(entry.expires_at) : texts.account.never}`;
  return [`${entry.prefix}…`, `${texts.account.created} ${shortDate(entry.created_at)}`, used, expires].join(" · ");
}

function Row({ entry }: { entry: ApiKey }) {
  const [asking, setAsking] = useState(false);
  const client = useQueryClient();
  const revoking = useMutation({
    mutationFn: () => revokeKey(entry.id),
    onSuccess: () => client.invalidateQueries({ queryKey: KEYS }),
  });
  return (
    <li className={styles.row}>
      <div className={styles.words}>
        <span className={styles.name}>{entry.name}</span>
        <span className={styles.facts}>{factsOf(entry)}</span>
        <span className={styles.scopes}>
          {entry.scopes.map((scope) => (
            <code key={scope}>{scope}</code>
          ))}
        </span>
      </div>
      <Button size="xs" variant="default" onClick={() => setAsking(true)}>
        {texts.account.revoke}
      </Button>
      {asking && (
        <Confirm
          title={texts.account.revokeTitle}
          lead={texts.account.revokeLead(entry.name)}
          action={texts.account.revoke}
          pending={revoking.isPending}
          error={revoking.error}
          onConfirm={() => revoking.mutate()}
          onClose={() => setAsking(false)}
        />
      )}
    </li>
  );
}
