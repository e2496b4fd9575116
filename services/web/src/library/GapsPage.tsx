import { NativeSelect } from "@mantine/core";
import { IconZoomQuestion } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "wouter";

import { readGaps } from "@/api/oversightCalls";
import type { Topic } from "@/api/oversightTypes";
import { Chart } from "@/charts/Chart";
import { LibraryNav } from "@/library/LibraryNav";
import { EmptyState } from "@/shell/EmptyState";
import { Loading } from "@/shell/Loading";
import { Notice } from "@/shell/Notice";
import page from "@/shell/Page.module.css";
import { Scroll } from "@/shell/Scroll";
import { texts } from "@/texts";
import { wholeDay } from "@/texts/dates";

const words = texts.over.gaps;
const SPANS = [30, 90, 365];
const DRAWN = 12;

/** What the library lacks, told by words that enough people used. */
export default function GapsPage() {
  const [days, setDays] = useState(90);
  const found = useQuery({ queryKey: ["gaps", days], queryFn: () => readGaps(days) });
  return (
    <div className={page.page}>
      <header className={page.head}>
        <div>
          <h1 className={page.title}>{words.title}</h1>
          <p className={page.lead}>{words.lead}</p>
        </div>
        <NativeSelect
          label={words.days}
          data={SPANS.map((span) => ({ value: String(span), label: words.lastDays(span) }))}
          value={String(days)}
          onChange={(event) => setDays(Number(event.currentTarget.value))}
        />
      </header>
      <LibraryNav />
      {found.isPending && <Loading />}
      {found.isError && <Notice problem={found.error} onRetry={() => void found.refetch()} />}
      {found.data && <p className={page.muted}>{words.privacy(found.data.askers_at_least)}</p>}
      {found.data?.items.length === 0 && (
        <EmptyState icon={<IconZoomQuestion size={26} stroke={1.6} />} title={words.none} lead={words.noneLead} />
      )}
      {found.data && found.data.items.length > 0 && <Topics items={found.data.items} />}
    </div>
  );
}

function Topics({ items }: { items: Topic[] }) {
  const drawn = items.slice(0, DRAWN);
  return (
    <>
      <Chart
        title={words.chart}
        kind="bars"
        labels={drawn.map((one) => one.words.join(", "))}
        short={drawn.map((one) => one.words[0] ?? "")}
        series={[
          { name: words.refused, tone: 2, values: drawn.map((one) => one.refused) },
          { name: words.rated, tone: 3, values: drawn.map((one) => one.questions - one.refused) },
        ]}
      />
      <Scroll label={words.title}>
        <thead>
          <tr>
            <th scope="col">{words.topic}</th>
            <th scope="col" data-number>
              {words.questions}
            </th>
            <th scope="col" data-number>
              {words.refused}
            </th>
            <th scope="col" data-number>
              {words.rated}
            </th>
            <th scope="col">{words.last}</th>
          </tr>
        </thead>
        <tbody>
          {items.map((one) => (
            <tr key={one.words.join(" ")} data-testid="gap">
              <td className={page.strong}>
                <Link href={`/search?q=${encodeURIComponent(one.words.join(" "))}`}>{one.words.join(", ")}</Link>
              </td>
              <td data-number>{one.questions}</td>
              <td data-number>{one.refused}</td>
              <td data-number>{one.rated_badly}</td>
              <td>{wholeDay(one.last)}</td>
            </tr>
          ))}
        </tbody>
      </Scroll>
    </>
  );
}
