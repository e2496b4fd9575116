import { Button, TextInput } from "@mantine/core";
import { IconPlus, IconSearch } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";

import { listPeople } from "@/api/adminCalls";
import type { Person } from "@/api/types";
import { AdminFrame } from "@/admin/AdminFrame";
import { PersonDialog } from "@/admin/PersonDialog";
import { Loading } from "@/shell/Loading";
import { Notice } from "@/shell/Notice";
import page from "@/shell/Page.module.css";
import { Scroll } from "@/shell/Scroll";
import { texts } from "@/texts";

const words = texts.admin.people;
export const PEOPLE = ["people"] as const;

export default function PeoplePage() {
  const [creating, setCreating] = useState(false);
  const [wanted, setWanted] = useState("");
  const found = useInfiniteQuery({
    queryKey: PEOPLE,
    queryFn: ({ pageParam }) => listPeople(pageParam),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next_cursor,
  });
  const people = found.data?.pages.flatMap((one) => one.items) ?? [];
  const shown = people.filter((one) => `${one.login} ${one.name}`.toLowerCase().includes(wanted.trim().toLowerCase()));
  const create = (
    <Button leftSection={<IconPlus size={17} />} onClick={() => setCreating(true)}>
      {words.create}
    </Button>
  );
  return (
    <AdminFrame lead={words.lead} action={create}>
      {found.isPending && <Loading />}
      {found.isError && <Notice problem={found.error} onRetry={() => void found.refetch()} />}
      <TextInput
        type="search"
        maw={280}
        leftSection={<IconSearch size={16} stroke={1.7} />}
        placeholder={words.find}
        aria-label={words.find}
        value={wanted}
        onChange={(event) => setWanted(event.currentTarget.value)}
      />
      {people.length > 0 && <Table people={shown} />}
      {found.hasNextPage && (
        <Button variant="default" loading={found.isFetchingNextPage} onClick={() => void found.fetchNextPage()}>
          {texts.more}
        </Button>
      )}
      {creating && <PersonDialog onClose={() => setCreating(false)} />}
    </AdminFrame>
  );
}

function Table({ people }: { people: Person[] }) {
  const [changed, setChanged] = useState<Person | null>(null);
  return (
    <>
      <Scroll label={texts.admin.nav.people}>
        <thead>
          <tr>
            <th scope="col">{words.person}</th>
            <th scope="col">{words.groups}</th>
            <th scope="col">{words.role}</th>
            <th scope="col">{words.state}</th>
            <th scope="col">{words.change}</th>
          </tr>
        </thead>
        <tbody>
          {people.map((one) => (
            <tr key={one.id} data-testid="person">
              <td>
                <span className={page.strong}>{one.name || one.login}</span>
                <p className={page.muted}>{one.login}</p>
              </td>
              <td>{one.groups.map((group) => group.name).join(", ") || words.none}</td>
              <td>{one.is_admin ? words.admin : words.none}</td>
              <td>
                <span className={page.pill} data-tone={one.is_active ? "good" : "bad"}>
                  {one.is_active ? words.isActive : words.suspended}
                </span>
              </td>
              <td>
                <Button size="compact-sm" variant="default" aria-label={words.changeTitle(one.login)} onClick={() => setChanged(one)}>
                  {words.change}
                </Button>
              </td>
            </tr>
          ))}
        </tbody>
      </Scroll>
      {changed && <PersonDialog person={changed} onClose={() => setChanged(null)} />}
    </>
  );
}
