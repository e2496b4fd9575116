import { Button, TextInput } from "@mantine/core";
import { IconUsersGroup } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState, type SyntheticEvent } from "react";

import { createGroup, removeGroup } from "@/api/adminCalls";
import { listGroups } from "@/api/libraryCalls";
import type { Group } from "@/api/types";
import { AdminFrame } from "@/admin/AdminFrame";
import { MembersDialog } from "@/admin/MembersDialog";
import { Confirm } from "@/shell/Confirm";
import { EmptyState } from "@/shell/EmptyState";
import { Loading } from "@/shell/Loading";
import { Notice } from "@/shell/Notice";
import page from "@/shell/Page.module.css";
import { Scroll } from "@/shell/Scroll";
import { texts } from "@/texts";

const words = texts.admin.groups;
const GROUPS = ["groups"] as const;

export default function GroupsPage() {
  const found = useQuery({ queryKey: GROUPS, queryFn: listGroups });
  return (
    <AdminFrame lead={words.lead}>
      <Create />
      {found.isPending && <Loading />}
      {found.isError && <Notice problem={found.error} onRetry={() => void found.refetch()} />}
      {found.data?.items.length === 0 && <EmptyState icon={<IconUsersGroup size={26} stroke={1.6} />} title={words.none} />}
      {found.data && found.data.items.length > 0 && <Table groups={found.data.items} />}
    </AdminFrame>
  );
}

function Create() {
  const client = useQueryClient();
  const [name, setName] = useState("");
  const creating = useMutation({
    mutationFn: () => createGroup(name.trim()),
    onSuccess: () => {
      setName("");
      return client.invalidateQueries({ queryKey: GROUPS });
    },
  });
  const submit = (event: SyntheticEvent): void => {
    event.preventDefault();
    creating.mutate();
  };
  return (
    <form className={page.form} onSubmit={submit}>
      <div className={page.actions} data-base>
        <TextInput label={words.name} value={name} maxLength={120} onChange={(event) => setName(event.currentTarget.value)} />
        <Button type="submit" loading={creating.isPending} disabled={!name.trim()}>
          {words.create}
        </Button>
      </div>
      {creating.isError && <Notice problem={creating.error} />}
    </form>
  );
}

function Table({ groups }: { groups: Group[] }) {
  return (
    <Scroll label={texts.admin.nav.groups}>
      <thead>
        <tr>
          <th scope="col">{words.name}</th>
          <th scope="col">{words.change}</th>
          <th scope="col">{words.actions}</th>
        </tr>
      </thead>
      <tbody>
        {groups.map((group) => (
          <Row key={group.id} group={group} />
        ))}
      </tbody>
    </Scroll>
  );
}

function Row({ group }: { group: Group }) {
  const client = useQueryClient();
  const [open, setOpen] = useState<"members" | "remove" | null>(null);
  const removing = useMutation({
    mutationFn: () => removeGroup(group.id),
    onSuccess: () => client.invalidateQueries({ queryKey: GROUPS }),
  });
  const close = (): void => setOpen(null);
  return (
    <tr data-testid="group">
      <td className={page.strong}>{group.name}</td>
      <td>{words.members(group.member_count)}</td>
      <td>
        <div className={page.actions}>
          <Button size="compact-sm" variant="default" aria-label={words.membersOf(group.name)} onClick={() => setOpen("members")}>
            {words.change}
          </Button>
          <Button size="compact-sm" variant="default" onClick={() => setOpen("remove")}>
            {words.remove}
          </Button>
        </div>
        {open === "members" && <MembersDialog group={group} onClose={close} />}
        {open === "remove" && (
          <Confirm
            title={words.removeTitle}
            lead={words.removeLead(group.name)}
            action={words.remove}
            pending={removing.isPending}
            error={removing.error}
            onConfirm={() => removing.mutate()}
            onClose={close}
          />
        )}
      </td>
    </tr>
  );
}
