import { Button, Loader, NativeSelect } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "wouter";

import { listVersions } from "@/api/libraryCalls";
import type { HistoryEntry, LibraryDocument } from "@/api/types";
import { Diff } from "@/library/Diff";
import { Notice } from "@/shell/Notice";
import page from "@/shell/Page.module.css";
import { Scroll } from "@/shell/Scroll";
import { texts } from "@/texts";
import { dayAndTime, fileSize } from "@/texts/dates";

const stateWords = (state: HistoryEntry["state"]): string =>
  texts.docs.versions.states[state] ?? (state === "superseded" ? state : texts.library.states[state]);

export function Versions({ document }: { document: LibraryDocument }) {
  const found = useQuery({ queryKey: ["documents", "versions", document.id], queryFn: () => listVersions(document.id) });
  if (found.isPending) return <Loader size="sm" type="dots" role="status" aria-label={texts.loading} />;
  if (found.isError) return <Notice problem={found.error} />;
  const comparable = found.data.items.filter((one) => one.has_text).map((one) => one.number);
  return (
    <>
      <VersionTable document={document} items={found.data.items} />
      {comparable.length > 1 ? <Compare document={document.id} numbers={comparable} /> : <p className={page.lead}>{texts.docs.versions.one}</p>}
    </>
  );
}

function VersionTable({ document, items }: { document: LibraryDocument; items: HistoryEntry[] }) {
  const words = texts.docs.versions;
  return (
    <Scroll label={texts.docs.document.tabs.versions}>
      <thead>
        <tr>
          <th scope="col">{words.number}</th>
          <th scope="col">{words.state}</th>
          <th scope="col">{words.added}</th>
          <th scope="col">{words.shown}</th>
          <th scope="col" data-number>
            {words.size}
          </th>
          <th scope="col" data-number>
            {words.passages}
          </th>
        </tr>
      </thead>
      <tbody>
        {items.map((one) => (
          <tr key={one.number}>
            <td>
              {one.has_text ? (
                <Link href={`/documents/${document.id}?version=${one.number}`}>{texts.version(one.number)}</Link>
              ) : (
                texts.version(one.number)
              )}
            </td>
            <td>{stateWords(one.state)}</td>
            <td>{dayAndTime(one.created_at)}</td>
            <td>{one.published_at ? dayAndTime(one.published_at) : "–"}</td>
            <td data-number>{fileSize(one.size_bytes)}</td>
            <td data-number>{one.chunks}</td>
          </tr>
        ))}
      </tbody>
    </Scroll>
  );
}

function Compare({ document, numbers }: { document: string; numbers: number[] }) {
  const words = texts.docs.versions;
  const options = numbers.map((number) => ({ value: String(number), label: texts.version(number) }));
  const [from, setFrom] = useState(String(numbers[1]));
  const [to, setTo] = useState(String(numbers[0]));
  const [asked, setAsked] = useState<[number, number] | null>(null);
  return (
    <section className={page.form}>
      <div className={page.actions} data-base>
        <NativeSelect label={words.from} data={options} value={from} onChange={(event) => setFrom(event.currentTarget.value)} />
        <NativeSelect label={words.to} data={options} value={to} onChange={(event) => setTo(event.currentTarget.value)} />
        <Button disabled={from === to} onClick={() => setAsked([Number(from), Number(to)])}>
          {words.compare}
        </Button>
      </div>
      {asked && <Diff document={document} from={asked[0]} to={asked[1]} />}
    </section>
  );
}
