import type { Plan, Planned } from "@/api/types";
import PlanCharts from "@/oversight/PlanCharts";
import page from "@/shell/Page.module.css";
import { Scroll } from "@/shell/Scroll";
import { texts } from "@/texts";

const words = texts.admin.model;
const gib = (bytes: number): string => `${(bytes / 2 ** 30).toFixed(2)} GiB`;

/** Where the memory would go, the other forms beside it, and the nearest settings that fit. */
export function PlanShown({ planned }: { planned: Planned }) {
  const { plan } = planned;
  return (
    <div className={page.form} data-testid="plan">
      <p className={page.strong} role="status">
        {planned.device}: {plan.refusal ?? (plan.fits ? `${words.fits} ${words.room(plan.sequences)}` : words.fitsNot)}
      </p>
      {!plan.refusal && <Parts plan={plan} />}
      <PlanCharts planned={planned} />
      <Forms forms={planned.forms} />
      {planned.suggestions.length > 0 && (
        <section>
          <h3 className={page.subtitle}>{words.suggestions}</h3>
          <ul>
            {planned.suggestions.map((one) => (
              <li key={one.change}>{one.change}</li>
            ))}
          </ul>
        </section>
      )}
    </div>
  );
}

function Parts({ plan }: { plan: Plan }) {
  const parts: [string, number][] = [
    [words.weights, plan.weights],
    [words.activations, plan.activations],
    [words.overhead, plan.overhead],
    [words.kv, plan.kv_wanted],
    [words.needed, plan.needed],
    [words.usable, plan.usable],
  ];
  return (
    <dl className={page.tiles}>
      {parts.map(([name, bytes]) => (
        <div key={name} className={page.tile}>
          <dt>{name}</dt>
          <dd>{gib(bytes)}</dd>
        </div>
      ))}
    </dl>
  );
}

function formWords(plan: Plan): string {
  if (plan.refusal) return words.refusal;
  return plan.fits ? words.yes : words.no;
}

function Forms({ forms }: { forms: Plan[] }) {
  return (
    <section>
      <h3 className={page.subtitle}>{words.forms}</h3>
      <Scroll label={words.forms}>
        <thead>
          <tr>
            <th scope="col">{words.precision}</th>
            <th scope="col" data-number>
              {words.weights}
            </th>
            <th scope="col" data-number>
              {words.needed}
            </th>
            <th scope="col">{words.plan}</th>
          </tr>
        </thead>
        <tbody>
          {forms.map((one) => (
            <tr key={one.precision}>
              <td>{one.precision}</td>
              <td data-number>{gib(one.weights)}</td>
              <td data-number>{gib(one.needed)}</td>
              <td>
                <span className={page.pill} data-tone={one.fits ? "good" : "bad"}>
                  {formWords(one)}
                </span>
              </td>
            </tr>
          ))}
        </tbody>
      </Scroll>
    </section>
  );
}
