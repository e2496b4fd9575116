import { Button, NativeSelect, TextInput } from "@mantine/core";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useState, type SyntheticEvent } from "react";

import { listAudit, type AuditWish } from "@/api/adminCalls";
import type { AuditEntry } from "@/api/types";
import { AdminFrame } from "@/admin/AdminFrame";
import { everyoneQuery } from "@/admin/everyone";
import { Loading } from "@/shell/Loading";
import { Notice } from "@/shell/Notice";
import page from "@/shell/Page.module.css";
import { Scroll } from "@/shell/Scroll";
import { texts } from "@/texts";
import { dayAndTime } from "@/texts/dates";

const words = texts.admin.audit;
const ANYTHING: AuditWish = { action: "", subject: "", person: "" };

export default function AuditPage() {
  const [wish, setWish] = useState(ANYTHING);
  const found = useInfiniteQuery({
    queryKey: ["audit", wish],
    queryFn: ({ pageParam }) => listAudit(wish, pageParam),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next_cursor,
  });
  const entries = found.data?.pages.flatMap((one) => one.items) ?? [];
  return (
    <AdminFrame lead={words.lead}>
      <Wished onWish={setWish} />
      {found.isPending && <Loading />}
      {found.isError && <Notice problem={found.error} onRetry={() => void found.refetch()} />}
      {found.isSuccess && entries.length === 0 && <p className={page.lead}>{words.none}</p>}
      {entries.length > 0 && <Table entries={entries} />}
      {found.hasNextPage && (
        <Button variant="default" loading={found.isFetchingNextPage} onClick={() => void found.fetchNextPage()}>
          {texts.more}
        </Button>
      )}
    </AdminFrame>
  );
}

function Wished({ onWish }: { onWish: (wish: AuditWish) => void }) {
  const people = useQuery(everyoneQuery).data ?? [];
  const [wish, setWish] = useState(ANYTHING);
  const submit = (event: SyntheticEvent): void => {
    event.preventDefault();
    onWish({ ...wish, action: wish.action.trim(), subject: wish.subject.trim() });
  };
  return (
    <form className={page.actions} data-base onSubmit={submit}>
      <NativeSelect
        label={words.person}
        data={[{ value: "", label: words.everyone }, ...people.map((one) => ({ value: one.id, label: one.login }))]}
        value={wish.person}
        onChange={(event) => setWish({ ...wish, person: event.currentTarget.value })}
      />
      <TextInput
        label={words.action}
        placeholder="document.remove"
        value={wish.action}
        onChange={(event) => setWish({ ...wish, action: event.currentTarget.value })}
      />
      <TextInput label={words.subject} value={wish.subject} onChange={(event) => setWish({ ...wish, subject: event.currentTarget.value })} />
      <Button type="submit">{texts.search.submit}</Button>
    </form>
  );
}

const whoWords = (entry: AuditEntry): string =>
  entry.person?.login ?? (entry.actor ? `${words.erased} (${entry.actor.slice(0, 8)})` : "–");

function detailWords(detail: AuditEntry["detail"]): string {
  return Object.entries(detail)
    .map(([name, value]) => `${name}: ${typeof value === "string" ? value : JSON.stringify(value)}`)
    .join(" · ");
}

function Table({ entries }: { entries: AuditEntry[] }) {
  return (
    <Scroll label={texts.admin.nav.audit}>
      <thead>
        <tr>
          <th scope="col">{words.when}</th>
          <th scope="col">{words.who}</th>
          <th scope="col">{words.action}</th>
          <th scope="col">{words.subject}</th>
          <th scope="col">{words.detail}</th>
        </tr>
      </thead>
      <tbody>
        {entries.map((one) => (
          <tr key={one.id} data-testid="audit-entry">
            <td>{dayAndTime(one.at)}</td>
            <td>{whoWords(one)}</td>
            <td className={page.strong}>{one.action}</td>
            <td>
              <code>{one.subject.slice(0, 12)}</code>
            </td>
            <td className={page.muted}>{detailWords(one.detail)}</td>
          </tr>
        ))}
      </tbody>
    </Scroll>
  );
}
