import { Button, NativeSelect, Radio, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { copyText } from "@/answers/copying";
import { createShare, listShares, revokeShare, type SharedThing } from "@/api/askingCalls";
import type { Share } from "@/api/types";
import { Dialog } from "@/shell/Dialog";
import { Notice } from "@/shell/Notice";
import page from "@/shell/Page.module.css";
import { SHARES } from "@/talks/queries";
import styles from "@/talks/ShareDialog.module.css";
import { texts } from "@/texts";
import { shortDate } from "@/texts/dates";

const DAYS = [1, 7, 30, 90];
const USUAL_DAYS = "30";

interface Props {
  /** The answer that may be shared alone; null where only the conversation is meant. */
  answer: string | null;
  conversation: string | null;
  onClose: () => void;
}

const addressOf = (share: Share): string => `${window.location.origin}/shared/${share.id}`;

/** Makes links to an answer or its conversation, and ends them. */
export function ShareDialog({ answer, conversation, onClose }: Props) {
  const [what, setWhat] = useState(answer ? "answer" : "conversation");
  const [days, setDays] = useState(USUAL_DAYS);
  const client = useQueryClient();
  const create = useMutation({
    mutationFn: () => createShare(chosen(what, answer, conversation), Number(days)),
    onSuccess: () => void client.invalidateQueries({ queryKey: SHARES }),
  });
  return (
    <Dialog title={texts.asking.share.title} size="lg" onClose={onClose}>
      <div className={page.form}>
        <p className={page.lead}>{texts.asking.share.lead}</p>
        {answer && conversation && (
          <Radio.Group label={texts.asking.share.what} value={what} onChange={setWhat}>
            <div className={styles.choices}>
              <Radio value="answer" label={texts.asking.share.answer} />
              <Radio value="conversation" label={texts.asking.share.conversation} />
            </div>
          </Radio.Group>
        )}
        <div className={page.actions} data-base>
          <NativeSelect
            label={texts.asking.share.duration}
            value={days}
            onChange={(event) => setDays(event.currentTarget.value)}
            data={DAYS.map((count) => ({ value: String(count), label: texts.asking.share.days(count) }))}
          />
          <Button loading={create.isPending} onClick={() => create.mutate()}>
            {texts.asking.share.create}
          </Button>
        </div>
        {create.isError && <Notice problem={create.error} />}
        {create.data && <Link share={create.data} />}
        <Live answer={answer} conversation={conversation} />
      </div>
    </Dialog>
  );
}

function chosen(what: string, answer: string | null, conversation: string | null): SharedThing {
  return what === "answer" && answer ? { answer_id: answer } : { conversation_id: conversation ?? "" };
}

function Link({ share }: { share: Share }) {
  const [copied, setCopied] = useState(false);
  const copy = async (): Promise<void> => setCopied(await copyText(addressOf(share)));
  return (
    <div className={styles.made}>
      <TextInput
        className={styles.address ?? ""}
        readOnly
        label={texts.asking.share.link}
        value={addressOf(share)}
        onFocus={(event) => event.currentTarget.select()}
      />
      <Button variant="default" onClick={() => void copy()}>
        {copied ? texts.copied : texts.asking.share.copy}
      </Button>
    </div>
  );
}

/** Links to the same thing that are still open. */
function Live({ answer, conversation }: Omit<Props, "onClose">) {
  const client = useQueryClient();
  const found = useQuery({ queryKey: SHARES, queryFn: listShares });
  const revoke = useMutation({
    mutationFn: revokeShare,
    onSuccess: () => void client.invalidateQueries({ queryKey: SHARES }),
  });
  const isOfThis = (one: Share): boolean =>
    (answer !== null && one.answer_id === answer) || (conversation !== null && one.conversation_id === conversation);
  const here = found.data?.items.filter(isOfThis) ?? [];
  if (here.length === 0) return null;
  return (
    <section aria-label={texts.asking.share.live}>
      <h3 className={styles.subtitle}>{texts.asking.share.live}</h3>
      {revoke.isError && <Notice problem={revoke.error} />}
      <ul className={styles.list}>
        {here.map((one) => (
          <li key={one.id} className={styles.row} data-testid="share">
            <span>
              {one.answer_id ? texts.asking.share.answer : texts.asking.share.conversation},{" "}
              {texts.asking.share.until(shortDate(one.expires_at))}
            </span>
            <Button size="compact-sm" variant="default" onClick={() => revoke.mutate(one.id)}>
              {texts.asking.share.revoke}
            </Button>
          </li>
        ))}
      </ul>
    </section>
  );
}
