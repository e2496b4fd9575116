import { Loader, NativeSelect } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "wouter";

import { listRunItems } from "@/api/libraryCalls";
import type { RunItem, SourceRun } from "@/api/types";
import { Notice } from "@/shell/Notice";
import page from "@/shell/Page.module.css";
import { Scroll } from "@/shell/Scroll";
import { SOURCES } from "@/sources/words";
import { texts } from "@/texts";
import { fileSize } from "@/texts/dates";

const ACTIONS = ["added", "changed", "removed", "skipped"] as const;

/** What a run did with each item, or in a dry run would do, and why. */
export function RunItems({ source, run }: { source: string; run: SourceRun }) {
  const words = texts.docs.sources;
  const [action, setAction] = useState("");
  const found = useQuery({ queryKey: [...SOURCES, source, run.id], queryFn: () => listRunItems(source, run.id) });
  if (found.isPending) return <Loader size="sm" type="dots" role="status" aria-label={texts.loading} />;
  if (found.isError) return <Notice problem={found.error} />;
  const names = run.dry ? words.would : words.counts;
  const items = found.data.items.filter((one) => action === "" || one.action === action);
  return (
    <section className={page.form} data-testid="run-items">
      <h2 className={page.subtitle}>{words.items}</h2>
      <div className={page.actions}>
        <NativeSelect
          aria-label={words.what}
          data={[{ value: "", label: words.allItems }, ...ACTIONS.map((one) => ({ value: one, label: names[one] }))]}
          value={action}
          onChange={(event) => setAction(event.currentTarget.value)}
        />
      </div>
      {items.length === 0 ? <p className={page.lead}>{words.noItems}</p> : <Items items={items} names={names} />}
    </section>
  );
}

function Items({ items, names }: { items: RunItem[]; names: Record<RunItem["action"], string> }) {
  const words = texts.docs.sources;
  return (
    <Scroll label={words.items}>
      <thead>
        <tr>
          <th scope="col">{words.item}</th>
          <th scope="col">{words.result}</th>
          <th scope="col">{words.why}</th>
        </tr>
      </thead>
      <tbody>
        {items.map((one) => (
          <tr key={one.key}>
            <td className={page.strong}>
              {one.document_id ? <Link href={`/documents/${one.document_id}`}>{one.key}</Link> : one.key}
            </td>
            <td>
              {names[one.action]}
              {one.bytes !== null && <span className={page.muted}> · {fileSize(one.bytes)}</span>}
            </td>
            <td>{one.detail || one.reason}</td>
          </tr>
        ))}
      </tbody>
    </Scroll>
  );
}
