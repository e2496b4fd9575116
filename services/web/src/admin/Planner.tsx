import { Button, NativeSelect, TextInput } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState, type SyntheticEvent } from "react";

import { listCards, listModels, planMemory } from "@/api/adminCalls";
import type { PlanAsked } from "@/api/types";
import { PlanShown } from "@/admin/PlanShown";
import { Notice } from "@/shell/Notice";
import page from "@/shell/Page.module.css";
import { texts } from "@/texts";

const words = texts.admin.model;

/** Does a model fit on a card, and what would? */
export function Planner() {
  const planning = useMutation({ mutationFn: (asked: PlanAsked) => planMemory(asked) });
  return (
    <section className={`${page.panel ?? ""} ${page.form ?? ""}`}>
      <h2>{words.planner}</h2>
      <p className={page.muted}>{words.plannerLead}</p>
      <Form pending={planning.isPending} onPlan={(asked) => planning.mutate(asked)} />
      {planning.isError && <Notice problem={planning.error} />}
      {planning.data && <PlanShown planned={planning.data} />}
    </section>
  );
}

function Form({ pending, onPlan }: { pending: boolean; onPlan: (asked: PlanAsked) => void }) {
  const models = useQuery({ queryKey: ["engine", "models"], queryFn: listModels }).data ?? [];
  const cards = useQuery({ queryKey: ["engine", "cards"], queryFn: listCards }).data ?? [];
  const [asked, setAsked] = useState({ model: "", gpu: "auto", context: "4096", concurrency: "8", kv_bits: "16" });
  const set = (name: keyof typeof asked) => (event: { currentTarget: { value: string } }) =>
    setAsked({ ...asked, [name]: event.currentTarget.value });
  const submit = (event: SyntheticEvent): void => {
    event.preventDefault();
    const { model, gpu, context, concurrency, kv_bits } = asked;
    onPlan({ model, gpu, context: Number(context), concurrency: Number(concurrency), kv_bits: Number(kv_bits) });
  };
  return (
    <form className={page.actions} data-base onSubmit={submit}>
      <NativeSelect
        label={words.which}
        data={[{ value: "", label: words.served }, ...models.map(({ name }) => ({ value: name, label: name }))]}
        value={asked.model}
        onChange={set("model")}
      />
      <NativeSelect
        label={words.card}
        data={[
          { value: "auto", label: words.auto },
          { value: "cpu", label: words.cpu },
          ...cards.map(({ name }) => ({ value: name, label: name })),
        ]}
        value={asked.gpu}
        onChange={set("gpu")}
      />
      <TextInput label={words.context} type="number" min={1} max={10_000_000} required withAsterisk={false} value={asked.context} onChange={set("context")} />
      <TextInput label={words.concurrency} type="number" min={1} max={4096} required withAsterisk={false} value={asked.concurrency} onChange={set("concurrency")} />
      <NativeSelect label={words.kvBits} data={["16", "8"]} value={asked.kv_bits} onChange={set("kv_bits")} />
      <Button type="submit" loading={pending}>
        {words.plan}
      </Button>
    </form>
  );
}
