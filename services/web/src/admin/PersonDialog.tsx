import { Button, Checkbox, PasswordInput, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState, type SyntheticEvent } from "react";

import { changePerson, createPerson } from "@/api/adminCalls";
import type { Person } from "@/api/types";
import { GroupChoice } from "@/library/CollectionDialog";
import { Dialog } from "@/shell/Dialog";
import { Notice } from "@/shell/Notice";
import page from "@/shell/Page.module.css";
import { texts } from "@/texts";

const words = texts.admin.people;

interface Wish {
  login: string;
  name: string;
  password: string;
  groups: string[];
  isAdmin: boolean;
  isAuditor: boolean;
  isActive: boolean;
}

function save(person: Person | undefined, wish: Wish): Promise<Person> {
  const roles = { is_admin: wish.isAdmin, is_auditor: wish.isAuditor };
  const common = { name: wish.name.trim(), group_ids: wish.groups, ...roles };
  if (!person) {
    return createPerson({ ...common, is_auditor: false, login: wish.login.trim(), password: wish.password });
  }
  const password = wish.password ? { password: wish.password } : {};
  return changePerson(person.id, { ...common, ...password, is_active: wish.isActive });
}

export function PersonDialog({ person, onClose }: { person?: Person; onClose: () => void }) {
  const client = useQueryClient();
  const saving = useMutation({
    mutationFn: (wish: Wish) => save(person, wish),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: ["people"] });
      void client.invalidateQueries({ queryKey: ["groups"] });
      onClose();
    },
  });
  return (
    <Dialog title={person ? words.changeTitle(person.login) : words.create} onClose={onClose}>
      <Form person={person} error={saving.error} pending={saving.isPending} onSave={(wish) => saving.mutate(wish)} />
    </Dialog>
  );
}

interface FormProps {
  person: Person | undefined;
  error: Error | null;
  pending: boolean;
  onSave: (wish: Wish) => void;
}

function Form({ person, error, pending, onSave }: FormProps) {
  const [wish, setWish] = useState<Wish>({
    login: person?.login ?? "",
    name: person?.name ?? "",
    password: "",
    groups: person?.groups.map((group) => group.id) ?? [],
    isAdmin: person?.is_admin ?? false,
    isAuditor: person?.is_auditor ?? false,
    isActive: person?.is_active ?? true,
  });
  const set = (part: Partial<Wish>): void => setWish((now) => ({ ...now, ...part }));
  const submit = (event: SyntheticEvent): void => {
    event.preventDefault();
    onSave(wish);
  };
  return (
    <form className={page.form} onSubmit={submit} autoComplete="off">
      {!person && (
        <TextInput
          label={words.login}
          required
          withAsterisk={false}
          autoComplete="off"
          data-autofocus
          value={wish.login}
          onChange={(event) => set({ login: event.currentTarget.value })}
        />
      )}
      <TextInput label={words.name} value={wish.name} autoComplete="off" onChange={(event) => set({ name: event.currentTarget.value })} />
      <PasswordInput
        label={person ? words.newPassword : words.password}
        description={words.passwordHint}
        required={!person}
        withAsterisk={false}
        minLength={12}
        autoComplete="new-password"
        value={wish.password}
        onChange={(event) => set({ password: event.currentTarget.value })}
      />
      <GroupChoice label={words.groups} chosen={wish.groups} onChange={(groups) => set({ groups })} />
      <Checkbox label={words.admin} checked={wish.isAdmin} onChange={(event) => set({ isAdmin: event.currentTarget.checked })} />
      <Checkbox
        label={words.auditor}
        description={words.auditorHint}
        checked={wish.isAuditor}
        onChange={(event) => set({ isAuditor: event.currentTarget.checked })}
      />
      {person && (
        <Checkbox label={words.active} checked={wish.isActive} onChange={(event) => set({ isActive: event.currentTarget.checked })} />
      )}
      {error && <Notice problem={error} />}
      <div className={page.actions} data-end>
        <Button type="submit" loading={pending}>
          {words.save}
        </Button>
      </div>
    </form>
  );
}
