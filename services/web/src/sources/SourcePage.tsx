import { Button } from "@mantine/core";
import { IconChevronLeft, IconFileOff } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "wouter";

import { listSourceRuns, readSource } from "@/api/libraryCalls";
import type { Source, SourceRun } from "@/api/types";
import library from "@/library/LibraryPage.module.css";
import { EmptyState } from "@/shell/EmptyState";
import { Loading } from "@/shell/Loading";
import page from "@/shell/Page.module.css";
import { Scroll } from "@/shell/Scroll";
import { RunItems } from "@/sources/RunItems";
import { SourceActions } from "@/sources/SourceActions";
import { everyWords, isRunning, kindWords, runWords, SOURCES, toneOf } from "@/sources/words";
import { texts } from "@/texts";
import { dayAndTime } from "@/texts/dates";

const LOOK_AGAIN_MS = 2_000;

export default function SourcePage({ id }: { id: string }) {
  const source = useQuery({ queryKey: [...SOURCES, id], queryFn: () => readSource(id) });
  const runs = useQuery({
    queryKey: [...SOURCES, id, "runs"],
    queryFn: () => listSourceRuns(id),
    refetchInterval: ({ state }) => (state.data?.items.some(isRunning) ? LOOK_AGAIN_MS : false),
  });
  if (source.isPending) return <Loading />;
  if (source.isError) {
    return (
      <EmptyState icon={<IconFileOff size={26} stroke={1.6} />} title={texts.docs.sources.gone}>
        <Button component={Link} href="/sources" variant="default">
          {texts.docs.sources.title}
        </Button>
      </EmptyState>
    );
  }
  const items = runs.data?.items ?? [];
  return (
    <div className={page.page}>
      <header className={page.head}>
        <div>
          <Link href="/sources" className={library.back}>
            <IconChevronLeft size={16} stroke={1.8} aria-hidden />
            {texts.docs.sources.title}
          </Link>
          <h1 className={page.title}>{source.data.name}</h1>
        </div>
        <SourceActions source={source.data} newest={items[0]} />
      </header>
      {!source.data.is_tested && <p className={page.lead}>{texts.docs.sources.untested}</p>}
      <Facts source={source.data} />
      <Runs key={items[0]?.id} source={source.data} items={items} />
    </div>
  );
}

function Facts({ source }: { source: Source }) {
  const words = texts.docs.sources;
  return (
    <dl className={page.facts}>
      <dt>{words.kind}</dt>
      <dd>{kindWords(source.kind)}</dd>
      <dt>{words.every}</dt>
      <dd>{source.is_paused ? words.paused : everyWords(source.every_s)}</dd>
      <dt>{words.documents}</dt>
      <dd>{source.documents}</dd>
      {Object.entries(source.options ?? {}).map(([name, value]) => (
        <Option key={name} name={name} value={value} />
      ))}
    </dl>
  );
}

function Option({ name, value }: { name: string; value: unknown }) {
  return (
    <>
      <dt>{texts.docs.sources.options[name] ?? name}</dt>
      <dd>
        <code>{Array.isArray(value) ? value.join(", ") : String(value)}</code>
      </dd>
    </>
  );
}

function Runs({ source, items }: { source: Source; items: SourceRun[] }) {
  const words = texts.docs.sources;
  const [shown, setShown] = useState(items[0]?.id ?? "");
  const run = items.find((one) => one.id === shown);
  if (items.length === 0) return <p className={page.lead}>{words.noRuns}</p>;
  return (
    <>
      <Scroll label={words.runs}>
        <thead>
          <tr>
            <th scope="col">{words.when}</th>
            <th scope="col">{words.what}</th>
            <th scope="col">{words.result}</th>
            {COUNTS.map((name) => (
              <th key={name} scope="col" data-number>
                {words.counts[name]}
              </th>
            ))}
            <th scope="col">
              <span className={page.muted}>{words.items}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {items.map((one) => (
            <Row key={one.id} run={one} isShown={one.id === shown} onShow={() => setShown(one.id)} />
          ))}
        </tbody>
      </Scroll>
      {run && <RunItems key={`${run.id}${run.state}`} source={source.id} run={run} />}
    </>
  );
}

const COUNTS = ["added", "changed", "removed", "skipped", "unchanged"] as const;

function Row({ run, isShown, onShow }: { run: SourceRun; isShown: boolean; onShow: () => void }) {
  const words = texts.docs.sources;
  return (
    <tr>
      <td>{dayAndTime(run.created_at)}</td>
      <td>{run.dry ? words.dryRun : words.realRun}</td>
      <td>
        <span className={page.pill} data-tone={toneOf(run)}>
          {runWords(run)}
          {isRunning(run) && run.total > 0 && ` ${run.done} / ${run.total}`}
        </span>
        {run.error && <p className={page.muted}>{run.error.reason}</p>}
      </td>
      {COUNTS.map((name) => (
        <td key={name} data-number>
          {run[name]}
        </td>
      ))}
      <td>
        <Button size="compact-xs" variant={isShown ? "light" : "subtle"} aria-pressed={isShown} onClick={onShow}>
          {words.show}
        </Button>
      </td>
    </tr>
  );
}
