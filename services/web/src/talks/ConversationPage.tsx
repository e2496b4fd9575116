import { Button, Loader } from "@mantine/core";
import { IconFileOff, IconPencil, IconShare2, IconTrash } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useLocation } from "wouter";

import { conversationQuery } from "@/answers/asking";
import { Composer } from "@/answers/Composer";
import { showConversation } from "@/api/askingCalls";
import { ApiError } from "@/api/client";
import type { Answer, Conversation } from "@/api/types";
import { EmptyState } from "@/shell/EmptyState";
import { Notice } from "@/shell/Notice";
import page from "@/shell/Page.module.css";
import shell from "@/shell/Shell.module.css";
import styles from "@/talks/Conversations.module.css";
import { RemoveConversation, RenameConversation } from "@/talks/ConversationDialogs";
import { aboutKey } from "@/talks/queries";
import { ShareDialog } from "@/talks/ShareDialog";
import { Transcript } from "@/talks/Transcript";
import { texts } from "@/texts";

/** A conversation from its beginning, with everything that can be done with it. */
export default function ConversationPage({ id }: { id: string }) {
  const found = useQuery({ queryKey: aboutKey(id), queryFn: () => showConversation(id) });
  const answers = useQuery(conversationQuery(id));
  const error = found.error ?? answers.error;
  if (error instanceof ApiError && error.status === 404) {
    return <EmptyState icon={<IconFileOff size={26} stroke={1.6} />} title={texts.answer.missing} />;
  }
  if (error) {
    return (
      <div className={shell.waiting}>
        <Notice problem={error} />
      </div>
    );
  }
  if (!found.data || !answers.data) {
    return (
      <div className={shell.waiting}>
        <Loader size="sm" type="dots" role="status" aria-label={texts.loading} />
      </div>
    );
  }
  return <Opened conversation={found.data} answers={answers.data.items} />;
}

function Opened({ conversation, answers }: { conversation: Conversation; answers: Answer[] }) {
  const [doing, setDoing] = useState<"rename" | "remove" | "share" | null>(null);
  const [, go] = useLocation();
  const close = (): void => setDoing(null);
  return (
    <div className={styles.view}>
      <header>
        <h1 className={page.title}>{conversation.title || texts.asking.conversations.untitled}</h1>
        <div className={styles.actions}>
          {answers.length > 0 && (
            <Button size="compact-sm" variant="default" leftSection={<IconShare2 size={15} />} onClick={() => setDoing("share")}>
              {texts.asking.share.open}
            </Button>
          )}
          <Button size="compact-sm" variant="default" leftSection={<IconPencil size={15} />} onClick={() => setDoing("rename")}>
            {texts.asking.conversations.rename}
          </Button>
          <Button size="compact-sm" variant="default" leftSection={<IconTrash size={15} />} onClick={() => setDoing("remove")}>
            {texts.asking.conversations.remove}
          </Button>
        </div>
      </header>
      {answers.length === 0 ? <p className={page.lead}>{texts.asking.conversations.hidden}</p> : <Transcript answers={answers} mine />}
      <Composer conversation={conversation.id} />
      {doing === "rename" && <RenameConversation conversation={conversation} onClose={close} />}
      {doing === "remove" && <RemoveConversation conversation={conversation} onClose={close} onDone={() => go("/conversations")} />}
      {doing === "share" && <ShareDialog answer={null} conversation={conversation.id} onClose={close} />}
    </div>
  );
}
