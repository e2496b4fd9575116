import { Button, Checkbox, Input, Modal, SegmentedControl, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState, type SyntheticEvent } from "react";

import styles from "@/account/KeysPage.module.css";
import { createKey } from "@/api/calls";
import type { Scope } from "@/api/types";
import { copyText } from "@/answers/copying";
import { useSession } from "@/session/session";
import { Notice } from "@/shell/Notice";
import { texts } from "@/texts";

const USUAL: Scope[] = ["search", "ask"];
const DAYS = [30, 90, 365];

export function CreateKey({ onClose }: { onClose: () => void }) {
  const client = useQueryClient();
  const creating = useMutation({
    mutationFn: (wish: Wish) => createKey(wish.name, wish.scopes, wish.days),
    onSuccess: () => client.invalidateQueries({ queryKey: ["api-keys"] }),
  });
  const made = creating.data;
  return (
    <Modal
      opened
      centered
      title={made ? texts.account.onceTitle : texts.account.create}
      onClose={onClose}
      // Once the secret is on the screen, only its own button may take it away.
      closeOnClickOutside={!made}
      closeOnEscape={!made}
      withCloseButton={!made}
      lockScroll={false}
      radius="lg"
      closeButtonProps={{ "aria-label": texts.close }}
    >
      {made ? (
        <Once secret={made.key} onClose={onClose} />
      ) : (
        <Form error={creating.error} pending={creating.isPending} onCreate={(wish) => creating.mutate(wish)} />
      )}
    </Modal>
  );
}

interface Wish {
  name: string;
  scopes: Scope[];
  days: number | null;
}

interface FormProps {
  error: Error | null;
  pending: boolean;
  onCreate: (wish: Wish) => void;
}

function Form({ error, pending, onCreate }: FormProps) {
  const session = useSession();
  const [name, setName] = useState("");
  const [scopes, setScopes] = useState(USUAL.filter((scope) => session.scopes.includes(scope)));
  const [days, setDays] = useState("90");
  const submit = (event: SyntheticEvent): void => {
    event.preventDefault();
    onCreate({ name: name.trim(), scopes, days: days === "never" ? null : Number(days) });
  };
  return (
    <form className={styles.form} onSubmit={submit}>
      <TextInput
        label={texts.account.name}
        placeholder={texts.account.namePlaceholder}
        data-autofocus
        maxLength={120}
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <Checkbox.Group label={texts.account.scopes} value={scopes} onChange={setScopes}>
        <div className={styles.checks}>
          {session.scopes.map((scope) => (
            <Checkbox key={scope} value={scope} label={scope} />
          ))}
        </div>
      </Checkbox.Group>
      <Input.Wrapper label={texts.account.expires} labelElement="div">
        <SegmentedControl
          fullWidth
          aria-label={texts.account.expires}
          value={days}
          onChange={setDays}
          data={[
            ...DAYS.map((count) => ({ value: String(count), label: texts.account.days(count) })),
            { value: "never", label: texts.account.never },
          ]}
        />
      </Input.Wrapper>
      {error && <Notice problem={error} />}
      <div className={styles.actions}>
        <Button type="submit" loading={pending} disabled={!name.trim() || scopes.length === 0}>
          {texts.account.create}
        </Button>
      </div>
    </form>
  );
}

function Once({ secret, onClose }: { secret: string; onClose: () => void }) {
  const [copied, setCopied] = useState(false);
  return (
    <div className={styles.form}>
      <p className={styles.lead}>{texts.account.onceLead}</p>
      <div className={styles.secret}>
        <code data-testid="api-key">{secret}</code>
        <Button size="xs" variant="default" onClick={() => void copyText(secret).then(setCopied)}>
          {copied ? texts.copied : texts.copy}
        </Button>
      </div>
      <div className={styles.actions}>
        <Button onClick={onClose}>{texts.account.done}</Button>
      </div>
    </div>
  );
}
