import { Button, NativeSelect } from "@mantine/core";
import { IconDownload } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "wouter";

import { readReport } from "@/api/libraryCalls";
import type { CorpusReport, Finding } from "@/api/types";
import { collectionsQuery } from "@/answers/collections";
import { LibraryNav } from "@/library/LibraryNav";
import { Bars } from "@/report/Bars";
import styles from "@/report/ReportPage.module.css";
import { Resemblances } from "@/report/Resemblances";
import { Loading } from "@/shell/Loading";
import { Notice } from "@/shell/Notice";
import page from "@/shell/Page.module.css";
import { locale, texts } from "@/texts";
import { dayAndTime } from "@/texts/dates";

const STATES: Record<string, string> = texts.library.states;
const numbers = new Intl.NumberFormat(locale);

export default function ReportPage() {
  const [collection, setCollection] = useState("");
  const found = useQuery({ queryKey: ["report", collection], queryFn: () => readReport(collection), staleTime: 60_000 });
  const words = texts.docs.report;
  const query = new URLSearchParams({ format: "html", ...(collection ? { collection } : {}) });
  return (
    <div className={page.page}>
      <header className={page.head}>
        <div>
          <h1 className={page.title}>{words.title}</h1>
          <p className={page.lead}>{words.lead}</p>
        </div>
        <Button
          component="a"
          href={`/api/v1/corpus/report?${query.toString()}`}
          download="corpus-report.html"
          variant="default"
          leftSection={<IconDownload size={17} />}
        >
          {words.download}
        </Button>
      </header>
      <LibraryNav />
      <About value={collection} onChange={setCollection} />
      {found.isPending && <Loading />}
      {found.isError && <Notice problem={found.error} onRetry={() => void found.refetch()} />}
      {found.data && <Shown report={found.data} />}
    </div>
  );
}

function About({ value, onChange }: { value: string; onChange: (collection: string) => void }) {
  const collections = useQuery(collectionsQuery).data?.items ?? [];
  const words = texts.docs.report;
  const choices = collections.map((one) => ({ value: one.name, label: one.title || one.name }));
  return (
    <div className={page.actions}>
      <NativeSelect
        label={words.of}
        data={[{ value: "", label: words.everything }, ...choices]}
        value={value}
        onChange={(event) => onChange(event.currentTarget.value)}
      />
    </div>
  );
}

function Shown({ report }: { report: CorpusReport }) {
  const words = texts.docs.report;
  return (
    <>
      <dl className={page.tiles}>
        <Tile name={words.documents} value={report.documents} />
        <Tile name={words.answering} value={report.answering} />
        <Tile name={words.tokens} value={report.tokens} />
      </dl>
      <section>
        <h2 className={page.subtitle}>{words.findings}</h2>
        {report.findings.length === 0 && <p className={page.lead}>{words.fine}</p>}
        <ul className={styles.list}>
          {report.findings.map((one) => (
            <Found key={one.code} finding={one} />
          ))}
        </ul>
      </section>
      <div className={styles.columns}>
        <Bars title={words.states} bars={report.states.map(({ label, count }) => ({ label: STATES[label] ?? label, count }))} />
        <Bars title={words.languages} bars={report.languages} />
        <Bars title={words.ages} bars={report.ages} />
        <Bars title={words.sizes} bars={report.token_sizes} />
        <Bars title={words.unreadable} bars={report.unreadable} />
      </div>
      <Resemblances report={report} />
      <p className={page.muted}>
        {words.made} {dayAndTime(report.made_at)}
      </p>
    </>
  );
}

function Tile({ name, value }: { name: string; value: number }) {
  return (
    <div className={page.tile}>
      <dt>{name}</dt>
      <dd>{numbers.format(value)}</dd>
    </div>
  );
}

function Found({ finding }: { finding: Finding }) {
  const words = texts.docs.report;
  const others = finding.count - finding.examples.length;
  return (
    <li className={styles.finding} data-severity={finding.severity} data-testid="finding">
      <h3>
        {finding.title} · {numbers.format(finding.count)}
      </h3>
      <p className={page.muted}>{words.severity[finding.severity]}</p>
      <p>{finding.what_to_do}</p>
      {finding.examples.length > 0 && (
        <p className={page.muted}>
          {finding.examples.map((one, n) => (
            <span key={one.id}>
              {n > 0 && ", "}
              <Link href={`/documents/${one.id}`} className={page.link}>
                {one.name}
              </Link>
            </span>
          ))}
          {others > 0 && ` ${words.others(others)}`}
        </p>
      )}
    </li>
  );
}
