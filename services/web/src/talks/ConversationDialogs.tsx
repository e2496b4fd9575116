import { Button, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState, type SyntheticEvent } from "react";

import { ANSWERS } from "@/answers/asking";
import { removeConversation, renameConversation } from "@/api/askingCalls";
import type { Conversation } from "@/api/types";
import { Confirm } from "@/shell/Confirm";
import { Dialog } from "@/shell/Dialog";
import { Notice } from "@/shell/Notice";
import page from "@/shell/Page.module.css";
import { aboutKey, CONVERSATIONS } from "@/talks/queries";
import { texts } from "@/texts";

const LONGEST = 200;

interface Props {
  conversation: Conversation;
  onClose: () => void;
  onDone?: () => void;
}

export function RenameConversation({ conversation, onClose }: Props) {
  const [title, setTitle] = useState(conversation.title);
  const client = useQueryClient();
  const rename = useMutation({
    mutationFn: () => renameConversation(conversation.id, title.trim()),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: CONVERSATIONS });
      void client.invalidateQueries({ queryKey: aboutKey(conversation.id) });
      onClose();
    },
  });
  const submit = (event: SyntheticEvent): void => {
    event.preventDefault();
    if (title.trim()) rename.mutate();
  };
  return (
    <Dialog title={texts.asking.conversations.rename} onClose={onClose}>
      <form className={page.form} onSubmit={submit}>
        <TextInput
          label={texts.asking.conversations.name}
          maxLength={LONGEST}
          data-autofocus
          value={title}
          onChange={(event) => setTitle(event.currentTarget.value)}
        />
        {rename.isError && <Notice problem={rename.error} />}
        <div className={page.actions} data-end>
          <Button variant="default" onClick={onClose}>
            {texts.cancel}
          </Button>
          <Button type="submit" loading={rename.isPending} disabled={!title.trim()}>
            {texts.asking.conversations.save}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

export function RemoveConversation({ conversation, onClose, onDone }: Props) {
  const client = useQueryClient();
  const remove = useMutation({
    mutationFn: () => removeConversation(conversation.id),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: CONVERSATIONS });
      void client.invalidateQueries({ queryKey: ANSWERS });
      onClose();
      onDone?.();
    },
  });
  const name = conversation.title || texts.asking.conversations.untitled;
  return (
    <Confirm
      title={texts.asking.conversations.removeTitle}
      lead={texts.asking.conversations.removeLead(name)}
      action={texts.asking.conversations.remove}
      pending={remove.isPending}
      error={remove.error}
      onConfirm={() => remove.mutate()}
      onClose={onClose}
    />
  );
}
