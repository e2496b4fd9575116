import { Button } from "@mantine/core";
import { IconPlus, IconRefresh } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "wouter";

import { listSources } from "@/api/libraryCalls";
import type { Collection, Source } from "@/api/types";
import { collectionsQuery } from "@/answers/collections";
import { LibraryNav } from "@/library/LibraryNav";
import { useSession } from "@/session/session";
import { EmptyState } from "@/shell/EmptyState";
import { Loading } from "@/shell/Loading";
import { Notice } from "@/shell/Notice";
import page from "@/shell/Page.module.css";
import { Scroll } from "@/shell/Scroll";
import { CreateSource } from "@/sources/CreateSource";
import { everyWords, kindWords, runWords, SOURCES, toneOf } from "@/sources/words";
import { texts } from "@/texts";
import { dayAndTime } from "@/texts/dates";

export default function SourcesPage() {
  const found = useQuery({ queryKey: SOURCES, queryFn: listSources });
  const collections = useQuery(collectionsQuery);
  if (found.isPending) return <Loading />;
  return (
    <div className={page.page}>
      <header className={page.head}>
        <div>
          <h1 className={page.title}>{texts.docs.sources.title}</h1>
          <p className={page.lead}>{texts.docs.sources.lead}</p>
        </div>
        <Create collections={collections.data?.items ?? []} />
      </header>
      <LibraryNav />
      {found.isError && <Notice problem={found.error} onRetry={() => void found.refetch()} />}
      {found.data && <Listed items={found.data.items} collections={collections.data?.items ?? []} />}
    </div>
  );
}

function Create({ collections }: { collections: Collection[] }) {
  const [open, setOpen] = useState(false);
  const { person } = useSession();
  if (!person.is_admin || collections.length === 0) return null;
  return (
    <>
      <Button leftSection={<IconPlus size={17} />} onClick={() => setOpen(true)}>
        {texts.docs.sources.create}
      </Button>
      {open && <CreateSource collections={collections} onClose={() => setOpen(false)} />}
    </>
  );
}

function Listed({ items, collections }: { items: Source[]; collections: Collection[] }) {
  const words = texts.docs.sources;
  const { person } = useSession();
  if (items.length === 0) {
    const lead = person.is_admin ? words.noneLead : `${words.noneLead} ${words.noneHelp}`;
    return <EmptyState icon={<IconRefresh size={26} stroke={1.6} />} title={words.none} lead={lead} />;
  }
  const titles = new Map(collections.map((one) => [one.id, one.title || one.name]));
  return (
    <Scroll label={words.title}>
      <thead>
        <tr>
          <th scope="col">{words.name}</th>
          <th scope="col">{words.kind}</th>
          <th scope="col">{words.fills}</th>
          <th scope="col">{words.every}</th>
          <th scope="col" data-number>
            {words.documents}
          </th>
          <th scope="col">{words.result}</th>
        </tr>
      </thead>
      <tbody>
        {items.map((one) => (
          <tr key={one.id}>
            <td>
              <Link href={`/sources/${one.id}`}>{one.name}</Link>
            </td>
            <td>{kindWords(one.kind)}</td>
            <td>{titles.get(one.collection_id)}</td>
            <td>{one.is_paused ? words.paused : everyWords(one.every_s)}</td>
            <td data-number>{one.documents}</td>
            <td>
              {one.last_run && (
                <span className={page.pill} data-tone={toneOf(one.last_run)}>
                  {runWords(one.last_run)} · {dayAndTime(one.last_run.created_at)}
                </span>
              )}
            </td>
          </tr>
        ))}
      </tbody>
    </Scroll>
  );
}
