import { useQuery } from "@tanstack/react-query";
import { Link } from "wouter";

import { AdminFrame } from "@/admin/AdminFrame";
import { listReports, readLock } from "@/api/oversightCalls";
import type { ReleaseLock, ReportSummary } from "@/api/oversightTypes";
import { Fact } from "@/oversight/Fact";
import styles from "@/oversight/Oversight.module.css";
import { Loading } from "@/shell/Loading";
import { Notice } from "@/shell/Notice";
import page from "@/shell/Page.module.css";
import { Scroll } from "@/shell/Scroll";
import { texts } from "@/texts";
import { fileSize } from "@/texts/dates";

const words = texts.over.releases;
const TONES: Record<string, string> = { valid: "good", wrong: "bad" };

export default function ReleasesPage() {
  const lock = useQuery({ queryKey: ["release", "lock"], queryFn: readLock });
  const reports = useQuery({ queryKey: ["engine", "reports"], queryFn: listReports });
  return (
    <AdminFrame lead={words.lead}>
      {lock.isPending && <Loading />}
      {lock.isError && <Notice problem={lock.error} />}
      {lock.data && <Served lock={lock.data} />}
      {lock.data && <Parts lock={lock.data} />}
      {lock.data && <Earlier lock={lock.data} />}
      {reports.isError && <Notice problem={reports.error} />}
      {reports.data && <Reports reports={reports.data} />}
    </AdminFrame>
  );
}

function Served({ lock }: { lock: ReleaseLock }) {
  return (
    <section className={page.panel}>
      <h2>{texts.admin.model.release}</h2>
      <dl className={page.facts}>
        <Fact name={words.lock}>{lock.name}</Fact>
        <Fact name={texts.admin.model.id}>
          <code>{lock.release_id}</code>
        </Fact>
        <Fact name={words.generation}>
          <code>{lock.generation}</code>
        </Fact>
        <Fact name={words.signature}>
          <span className={page.pill} data-tone={TONES[lock.signature]} data-testid="signature">
            {words.signatures[lock.signature]}
          </span>
          <p className={page.muted}>{lock.signature_required ? words.required : words.notRequired}</p>
        </Fact>
      </dl>
    </section>
  );
}

function Parts({ lock }: { lock: ReleaseLock }) {
  return (
    <section>
      <h2 className={page.subtitle}>{words.parts}</h2>
      <Scroll label={words.parts}>
        <thead>
          <tr>
            <th scope="col">{words.part}</th>
            <th scope="col">{words.what}</th>
            <th scope="col">{words.digest}</th>
            <th scope="col" data-number>
              {words.files}
            </th>
          </tr>
        </thead>
        <tbody>
          {lock.parts.map((part) => (
            <tr key={part.name} data-testid="part-of-lock">
              <td className={page.strong}>{part.name}</td>
              <td>{part.what || "–"}</td>
              <td className={styles.digest} title={part.digest}>
                {part.digest.slice(0, 20)}
              </td>
              <td data-number>{part.files > 0 ? `${part.files} · ${fileSize(part.size)}` : "–"}</td>
            </tr>
          ))}
        </tbody>
      </Scroll>
    </section>
  );
}

function Earlier({ lock }: { lock: ReleaseLock }) {
  return (
    <section className={page.panel}>
      <h2>{words.earlier}</h2>
      {lock.earlier.length === 0 && <p className={page.muted}>{words.noneEarlier}</p>}
      {lock.earlier.length > 0 && (
        <>
          <dl className={page.facts}>
            {lock.earlier.map((one) => (
              <Fact key={one.release_id} name={one.name}>
                <code>{one.release_id.slice(0, 16)}</code> {one.model}
                <p className={page.muted}>
                  {words.changed} {one.changed.join(", ") || words.nothing}
                </p>
              </Fact>
            ))}
          </dl>
          <p className={page.muted}>{words.back}</p>
        </>
      )}
    </section>
  );
}

const percent = (share: number): string => `${(share * 100).toFixed(2)} %`;
export const recipeWords = ({ recipe }: ReportSummary): string => `${String(recipe.method)}, ${String(recipe.bits)} bit`;

function Reports({ reports }: { reports: ReportSummary[] }) {
  return (
    <section>
      <h2 className={page.subtitle}>{words.reports}</h2>
      {reports.length === 0 && <p className={page.lead}>{words.noReports}</p>}
      {reports.length > 0 && (
        <Scroll label={words.reports}>
          <thead>
            <tr>
              <th scope="col">{words.model}</th>
              <th scope="col">{words.method}</th>
              <th scope="col" data-number>
                {words.size}
              </th>
              <th scope="col" data-number>
                {words.rise}
              </th>
              <th scope="col">{words.verdict}</th>
            </tr>
          </thead>
          <tbody>
            {reports.map((one) => (
              <tr key={one.folder} data-testid="report">
                <td className={page.strong}>
                  <Link href={`/admin/releases/${one.folder}`}>{one.model}</Link>
                </td>
                <td>{recipeWords(one)}</td>
                <td data-number>{fileSize(one.bytes_after)}</td>
                <td data-number>{percent(one.rise)}</td>
                <td>{one.verdict}</td>
              </tr>
            ))}
          </tbody>
        </Scroll>
      )}
    </section>
  );
}
