import { Link } from "wouter";

import type { CorpusReport } from "@/api/types";
import styles from "@/report/ReportPage.module.css";
import page from "@/shell/Page.module.css";
import { texts } from "@/texts";

/** Documents that are nearly the same, that may contradict each other, and access that leads to nobody. */
export function Resemblances({ report }: { report: CorpusReport }) {
  const words = texts.docs.report;
  return (
    <>
      {report.near_duplicates.length > 0 && (
        <section className={page.panel}>
          <h2>{words.twins}</h2>
          <p className={page.muted}>{words.twinsLead}</p>
          <ul className={styles.list}>
            {report.near_duplicates.map(({ documents }) => (
              <li key={documents[0]?.id}>
                {documents.map((one, n) => (
                  <span key={one.id}>
                    {n > 0 && " · "}
                    <Document one={one} />
                  </span>
                ))}
              </li>
            ))}
          </ul>
        </section>
      )}
      {report.contradictions.length > 0 && (
        <section className={page.panel}>
          <h2>{words.clashes}</h2>
          <ul className={styles.list}>
            {report.contradictions.map(({ first, second, only_first: here, only_second: there }) => (
              <li key={`${first.id}${second.id}`}>
                <Document one={first} /> · <Document one={second} />
                <p className={page.muted}>
                  {[here.join(", "), there.join(", ")].filter(Boolean).join(" ↔ ")}
                </p>
              </li>
            ))}
          </ul>
        </section>
      )}
      {report.groups_without_members.length > 0 && (
        <section className={page.panel}>
          <h2>{words.groups}</h2>
          <ul className={styles.list}>
            {report.groups_without_members.map((one) => (
              <li key={one.id}>
                {one.name} <span className={page.muted}>{one.collections.join(", ")}</span>
              </li>
            ))}
          </ul>
        </section>
      )}
    </>
  );
}

function Document({ one }: { one: { id: string; name: string } }) {
  return (
    <Link href={`/documents/${one.id}`} className={page.link}>
      {one.name}
    </Link>
  );
}
