import { ActionIcon, Button, Loader, Menu, NativeSelect, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { IconDotsVertical, IconPencil, IconSearch, IconTrash } from "@tabler/icons-react";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "wouter";

import { collectionsQuery } from "@/answers/collections";
import { listConversations, type ConversationsWanted } from "@/api/askingCalls";
import type { Collection, Conversation } from "@/api/types";
import { EmptyState } from "@/shell/EmptyState";
import { Notice } from "@/shell/Notice";
import page from "@/shell/Page.module.css";
import styles from "@/talks/Conversations.module.css";
import { RemoveConversation, RenameConversation } from "@/talks/ConversationDialogs";
import { CONVERSATIONS } from "@/talks/queries";
import { texts } from "@/texts";
import { shortDate } from "@/texts/dates";

const SETTLE_MS = 200;

/** One's own conversations, found by words and kept apart by what they rest on. */
export default function ConversationsPage() {
  const [words, setWords] = useState("");
  const [collection, setCollection] = useState("");
  const [settled] = useDebouncedValue(words.trim(), SETTLE_MS);
  const collections = useQuery(collectionsQuery).data?.items ?? [];
  const wanted = { words: settled, collection };
  return (
    <div className={page.page}>
      <div>
        <h1 className={page.title}>{texts.asking.conversations.title}</h1>
        <p className={page.lead}>{texts.asking.conversations.lead}</p>
      </div>
      <div className={styles.narrowing} role="search">
        <TextInput
          type="search"
          className={styles.words ?? ""}
          leftSection={<IconSearch size={16} stroke={1.7} />}
          label={texts.asking.conversations.search}
          maxLength={200}
          value={words}
          onChange={(event) => setWords(event.currentTarget.value)}
        />
        <NativeSelect
          label={texts.asking.conversations.folder}
          value={collection}
          onChange={(event) => setCollection(event.currentTarget.value)}
          data={[
            { value: "", label: texts.asking.conversations.everywhere },
            ...collections.map((one) => ({ value: one.name, label: one.title || one.name })),
          ]}
        />
      </div>
      <Found wanted={wanted} collections={collections} />
    </div>
  );
}

function Found({ wanted, collections }: { wanted: ConversationsWanted; collections: Collection[] }) {
  const found = useInfiniteQuery({
    queryKey: [...CONVERSATIONS, wanted],
    queryFn: ({ pageParam }) => listConversations(wanted, pageParam),
    initialPageParam: null as string | null,
    getNextPageParam: (one) => one.next_cursor,
    placeholderData: (before) => before,
  });
  if (found.isError) return <Notice problem={found.error} onRetry={() => void found.refetch()} />;
  if (found.isPending) return <Loader size="sm" type="dots" role="status" aria-label={texts.loading} />;
  const rows = found.data.pages.flatMap((one) => one.items);
  if (rows.length === 0) {
    const isNarrowed = wanted.words !== "" || wanted.collection !== "";
    return <EmptyState title={isNarrowed ? texts.asking.conversations.notFound : texts.asking.conversations.none} />;
  }
  const titles = new Map(collections.map((one) => [one.name, one.title || one.name]));
  return (
    <>
      <ul className={styles.list} aria-label={texts.asking.conversations.title}>
        {rows.map((one) => (
          <Row key={one.id} conversation={one} folders={one.collections.map((name) => titles.get(name) ?? name)} />
        ))}
      </ul>
      {found.hasNextPage && (
        <Button variant="default" loading={found.isFetchingNextPage} onClick={() => void found.fetchNextPage()}>
          {texts.more}
        </Button>
      )}
    </>
  );
}

function Row({ conversation, folders }: { conversation: Conversation; folders: string[] }) {
  const [doing, setDoing] = useState<"rename" | "remove" | null>(null);
  const title = conversation.title || texts.asking.conversations.untitled;
  const close = (): void => setDoing(null);
  return (
    <li className={styles.row} data-testid="conversation">
      <div className={styles.about}>
        <Link className={styles.title} href={`/conversations/${conversation.id}`}>
          {title}
        </Link>
        <p className={styles.facts}>{[shortDate(conversation.asked_at), ...folders].join(" · ")}</p>
      </div>
      <Menu position="bottom-end" width={180} withinPortal>
        <Menu.Target>
          <ActionIcon variant="subtle" color="gray" aria-label={texts.asking.conversations.actions(title)}>
            <IconDotsVertical size={18} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item leftSection={<IconPencil size={16} />} onClick={() => setDoing("rename")}>
            {texts.asking.conversations.rename}
          </Menu.Item>
          <Menu.Item color="danger" leftSection={<IconTrash size={16} />} onClick={() => setDoing("remove")}>
            {texts.asking.conversations.remove}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {doing === "rename" && <RenameConversation conversation={conversation} onClose={close} />}
      {doing === "remove" && <RemoveConversation conversation={conversation} onClose={close} />}
    </li>
  );
}
