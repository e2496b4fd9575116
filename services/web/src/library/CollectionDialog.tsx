import { Button, Checkbox, Textarea, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState, type SyntheticEvent } from "react";
import { useLocation } from "wouter";

import { changeCollection, createCollection, listGroups, type CollectionWish } from "@/api/libraryCalls";
import type { Collection } from "@/api/types";
import { Dialog } from "@/shell/Dialog";
import { Notice } from "@/shell/Notice";
import page from "@/shell/Page.module.css";
import { texts } from "@/texts";

const NAME = "[a-z0-9][a-z0-9_\\-]{0,59}";

interface Props {
  collection?: Collection;
  onClose: () => void;
}

/** A new collection, or another title and other readers for one there is. For administrators. */
export function CollectionDialog({ collection, onClose }: Props) {
  const client = useQueryClient();
  const [, go] = useLocation();
  const saving = useMutation({
    mutationFn: ({ name, ...wish }: Wish) => (collection ? changeCollection(collection.id, wish) : createCollection(name, wish)),
    onSuccess: (made) => {
      void client.invalidateQueries({ queryKey: ["collections"] });
      onClose();
      if (!collection) go(`/library/${encodeURIComponent(made.name)}`);
    },
  });
  return (
    <Dialog title={collection ? texts.docs.collection.edit : texts.docs.collection.create} onClose={onClose}>
      <Form collection={collection} error={saving.error} pending={saving.isPending} onSave={(wish) => saving.mutate(wish)} />
    </Dialog>
  );
}

type Wish = CollectionWish & { name: string };

interface FormProps {
  collection: Collection | undefined;
  error: Error | null;
  pending: boolean;
  onSave: (wish: Wish) => void;
}

function Form({ collection, error, pending, onSave }: FormProps) {
  const [name, setName] = useState("");
  const [title, setTitle] = useState(collection?.title ?? "");
  const [description, setDescription] = useState(collection?.description ?? "");
  const [readers, setReaders] = useState(holding(collection, "reader"));
  const [contributors, setContributors] = useState(holding(collection, "contributor"));
  const [curators, setCurators] = useState(holding(collection, "curator"));
  const words = texts.docs.collection;
  const submit = (event: SyntheticEvent): void => {
    event.preventDefault();
    const granted = { reader_group_ids: readers, contributor_group_ids: contributors, curator_group_ids: curators };
    onSave({ name, title: title.trim(), description: description.trim(), ...granted });
  };
  return (
    <form className={page.form} onSubmit={submit}>
      {!collection && (
        <TextInput
          label={words.name}
          description={words.nameHint}
          required
          withAsterisk={false}
          pattern={NAME}
          data-autofocus
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
      )}
      <TextInput label={words.title} maxLength={200} value={title} onChange={(event) => setTitle(event.currentTarget.value)} />
      <Textarea
        label={words.description}
        autosize
        minRows={2}
        maxRows={5}
        maxLength={2000}
        value={description}
        onChange={(event) => setDescription(event.currentTarget.value)}
      />
      <GroupChoice label={words.readers} chosen={readers} onChange={setReaders} />
      <GroupChoice label={words.contributors} chosen={contributors} onChange={setContributors} />
      <GroupChoice label={words.curators} chosen={curators} onChange={setCurators} />
      {error && <Notice problem={error} />}
      <div className={page.actions} data-end>
        <Button type="submit" loading={pending}>
          {words.save}
        </Button>
      </div>
    </form>
  );
}

/** The groups that hold this role of the collection; who holds a higher one is not among them. */
function holding(collection: Collection | undefined, role: "reader" | "contributor" | "curator"): string[] {
  return (collection?.grants ?? []).flatMap((one) => (one.role === role && one.group ? [one.group.id] : []));
}

interface ChoiceProps {
  label: string;
  chosen: string[];
  onChange: (ids: string[]) => void;
}

export function GroupChoice({ label, chosen, onChange }: ChoiceProps) {
  const found = useQuery({ queryKey: ["groups"], queryFn: listGroups });
  return (
    <Checkbox.Group label={label} value={chosen} onChange={onChange}>
      <div className={page.checks}>
        {(found.data?.items ?? []).map((group) => (
          <Checkbox key={group.id} value={group.id} label={group.name} />
        ))}
      </div>
    </Checkbox.Group>
  );
}
