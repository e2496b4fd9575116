import { Button, Checkbox, Loader } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { setMembers } from "@/api/adminCalls";
import type { Group, Person } from "@/api/types";
import { everyoneQuery } from "@/admin/everyone";
import { Dialog } from "@/shell/Dialog";
import { Notice } from "@/shell/Notice";
import page from "@/shell/Page.module.css";
import { texts } from "@/texts";

interface Props {
  group: Group;
  onClose: () => void;
}

/** Who is in a group. Exactly those chosen are in it afterwards, so nothing is shown until everyone is known. */
export function MembersDialog({ group, onClose }: Props) {
  const people = useQuery({ ...everyoneQuery, staleTime: 0 });
  return (
    <Dialog title={texts.admin.groups.membersOf(group.name)} onClose={onClose}>
      {people.isFetching && <Loader size="sm" type="dots" role="status" aria-label={texts.loading} />}
      {people.isError && <Notice problem={people.error} />}
      {people.data && !people.isFetching && <Choice group={group} people={people.data} onClose={onClose} />}
    </Dialog>
  );
}

function Choice({ group, people, onClose }: Props & { people: Person[] }) {
  const client = useQueryClient();
  const [chosen, setChosen] = useState(
    people.filter((one) => one.groups.some(({ id }) => id === group.id)).map((one) => one.id),
  );
  const saving = useMutation({
    mutationFn: () => setMembers(group.id, chosen),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: ["groups"] });
      void client.invalidateQueries({ queryKey: ["people"] });
      onClose();
    },
  });
  return (
    <div className={page.form}>
      <Checkbox.Group label={texts.admin.nav.people} value={chosen} onChange={setChosen}>
        <div className={page.checks}>
          {people.map((one) => (
            <Checkbox key={one.id} value={one.id} label={one.name ? `${one.name} (${one.login})` : one.login} />
          ))}
        </div>
      </Checkbox.Group>
      {saving.isError && <Notice problem={saving.error} />}
      <div className={page.actions} data-end>
        <Button loading={saving.isPending} onClick={() => saving.mutate()}>
          {texts.admin.people.save}
        </Button>
      </div>
    </div>
  );
}
