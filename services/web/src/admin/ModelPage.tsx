import { useQuery } from "@tanstack/react-query";

import { readRelease } from "@/api/adminCalls";
import { AdminFrame } from "@/admin/AdminFrame";
import { Planner } from "@/admin/Planner";
import { Loading } from "@/shell/Loading";
import { Notice } from "@/shell/Notice";
import page from "@/shell/Page.module.css";
import { texts } from "@/texts";

const words = texts.admin.model;

export default function ModelPage() {
  return (
    <AdminFrame lead={words.lead}>
      <Running />
      <Planner />
    </AdminFrame>
  );
}

function Running() {
  const found = useQuery({ queryKey: ["release"], queryFn: readRelease });
  if (found.isPending) return <Loading />;
  if (found.isError) return <Notice problem={found.error} />;
  const facts: [string, string][] = [
    [words.id, found.data.release_id],
    [words.name, found.data.model],
    [words.quantization, found.data.quantization],
    [words.engine, found.data.engine],
    [words.embedder, found.data.embedder],
  ];
  return (
    <section className={page.panel}>
      <h2>{words.release}</h2>
      <dl className={page.facts}>
        {facts.map(([name, value]) => (
          <Fact key={name} name={name} value={value} />
        ))}
      </dl>
    </section>
  );
}

function Fact({ name, value }: { name: string; value: string }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>
        <code>{value}</code>
      </dd>
    </>
  );
}
