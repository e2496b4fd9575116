import { Button, NativeSelect, Textarea, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState, type SyntheticEvent } from "react";
import { useLocation } from "wouter";

import { createSource } from "@/api/libraryCalls";
import type { Collection, NewSource } from "@/api/types";
import { Dialog } from "@/shell/Dialog";
import { Notice } from "@/shell/Notice";
import page from "@/shell/Page.module.css";
import { OPTIONS, optionsFrom, SECRETS, secretsFrom, type Asked } from "@/sources/options";
import { EVERY_CHOICES, kindWords, SOURCES } from "@/sources/words";
import { texts } from "@/texts";

interface Props {
  collections: Collection[];
  onClose: () => void;
}

export function CreateSource({ collections, onClose }: Props) {
  const client = useQueryClient();
  const [, go] = useLocation();
  const creating = useMutation({
    mutationFn: (wish: NewSource) => createSource(wish),
    onSuccess: (made) => {
      void client.invalidateQueries({ queryKey: SOURCES });
      onClose();
      go(`/sources/${made.id}`);
    },
  });
  return (
    <Dialog title={texts.docs.sources.create} onClose={onClose}>
      <Form collections={collections} error={creating.error} pending={creating.isPending} onCreate={(wish) => creating.mutate(wish)} />
    </Dialog>
  );
}

interface FormProps {
  collections: Collection[];
  error: Error | null;
  pending: boolean;
  onCreate: (wish: NewSource) => void;
}

function Form({ collections, error, pending, onCreate }: FormProps) {
  const words = texts.docs.sources;
  const [name, setName] = useState("");
  const [kind, setKind] = useState("folder");
  const [collection, setCollection] = useState(collections[0]?.id ?? "");
  const [every, setEvery] = useState("0");
  const [given, setGiven] = useState<Record<string, string>>({});
  const give = (key: string, value: string): void => setGiven((now) => ({ ...now, [key]: value }));
  const submit = (event: SyntheticEvent): void => {
    event.preventDefault();
    onCreate({ name, kind, collection, every_s: Number(every), options: optionsFrom(kind, given), secrets: secretsFrom(kind, given) });
  };
  return (
    <form className={page.form} onSubmit={submit}>
      <TextInput
        label={words.name}
        required
        withAsterisk={false}
        pattern="[a-z0-9][a-z0-9_\-]{0,59}"
        data-autofocus
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <NativeSelect
        label={words.kind}
        data={Object.keys(OPTIONS).map((one) => ({ value: one, label: kindWords(one) }))}
        value={kind}
        onChange={(event) => setKind(event.currentTarget.value)}
      />
      <NativeSelect
        label={words.fills}
        data={collections.map((one) => ({ value: one.id, label: one.title || one.name }))}
        value={collection}
        onChange={(event) => setCollection(event.currentTarget.value)}
      />
      {(OPTIONS[kind] ?? []).map((asked) => (
        <Option key={asked.name} asked={asked} value={given[asked.name] ?? ""} onChange={(value) => give(asked.name, value)} />
      ))}
      {(SECRETS[kind] ?? []).map((secret) => (
        <TextInput
          key={secret}
          label={secret}
          description={words.secretHint}
          value={given[secret] ?? ""}
          onChange={(event) => give(secret, event.currentTarget.value)}
        />
      ))}
      <NativeSelect label={words.every} data={EVERY_CHOICES} value={every} onChange={(event) => setEvery(event.currentTarget.value)} />
      {error && <Notice problem={error} />}
      <div className={page.actions} data-end>
        <Button type="submit" loading={pending}>
          {words.create}
        </Button>
      </div>
    </form>
  );
}

function Option({ asked, value, onChange }: { asked: Asked; value: string; onChange: (value: string) => void }) {
  const label = texts.docs.sources.options[asked.name] ?? asked.name;
  const required = asked.required ?? false;
  if (asked.kind === "lines") {
    return (
      <Textarea
        label={label}
        autosize
        minRows={1}
        maxRows={5}
        required={required}
        withAsterisk={false}
        value={value}
        onChange={(event) => onChange(event.currentTarget.value)}
      />
    );
  }
  return (
    <TextInput
      label={label}
      type={asked.kind === "number" ? "number" : "text"}
      required={required}
      withAsterisk={false}
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  );
}
