import { useQuery } from "@tanstack/react-query";
import { Link } from "wouter";

import { AdminFrame } from "@/admin/AdminFrame";
import { readQuantizationReport } from "@/api/oversightCalls";
import type { QuantizationReport } from "@/api/oversightTypes";
import { Chart } from "@/charts/Chart";
import { Fact } from "@/oversight/Fact";
import { recipeWords } from "@/oversight/ReleasesPage";
import { Loading } from "@/shell/Loading";
import { Notice } from "@/shell/Notice";
import page from "@/shell/Page.module.css";
import { texts } from "@/texts";
import { fileSize } from "@/texts/dates";

const words = texts.over.releases;
const MOST_LAYERS = 120;
const percent = (share: number): string => `${(share * 100).toFixed(2)} %`;

/** What one quantization cost in likeness. */
export default function QuantizationReportPage({ model }: { model: string }) {
  const found = useQuery({ queryKey: ["engine", "reports", model], queryFn: () => readQuantizationReport(model) });
  return (
    <AdminFrame lead={found.data?.model ?? words.reports}>
      <Link href="/admin/releases" className={page.link}>
        {words.close}
      </Link>
      {found.isPending && <Loading />}
      {found.isError && <Notice problem={found.error} />}
      {found.data && <Shown report={found.data} />}
    </AdminFrame>
  );
}

function Shown({ report }: { report: QuantizationReport }) {
  const layers = report.sensitivity.slice(0, MOST_LAYERS);
  const rise = `${percent(report.rise)} (95 %: ${percent(report.rise_low)} … ${percent(report.rise_high)})`;
  const facts: [string, string][] = [
    [words.verdict, report.verdict],
    [words.method, recipeWords(report)],
    [words.earlierLoss, report.label || words.nothing],
    [words.size, `${fileSize(report.bytes_before)} → ${fileSize(report.bytes_after)}`],
    [words.linear, percent(report.linear_after / report.linear_before)],
    [words.rise, `${report.perplexity_before.toFixed(3)} → ${report.perplexity_after.toFixed(3)}, ${rise}`],
    [words.agreement, percent(report.agreement)],
    [words.heldOut, String(report.held_out_tokens)],
    [words.kept, report.kept.join(", ") || words.nothing],
    [words.calibration, report.calibration.slice(0, 20)],
  ];
  return (
    <>
      <section className={page.panel}>
        <dl className={page.facts}>
          {facts.map(([name, value]) => (
            <Fact key={name} name={name}>
              {value}
            </Fact>
          ))}
        </dl>
        <p className={page.muted}>{report.is_as_recorded ? words.asRecorded : words.notAsRecorded}</p>
      </section>
      {layers.length > 0 && (
        <Chart
          title={words.sensitivity}
          lead={words.sensitivityLead}
          kind="bars"
          labels={layers.map(([name]) => name)}
          short={layers.map((_, place) => String(place + 1))}
          format={percent}
          series={[{ name: words.changedShare, tone: 1, values: layers.map(([, share]) => share) }]}
        />
      )}
    </>
  );
}
