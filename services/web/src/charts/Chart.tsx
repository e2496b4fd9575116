import { useElementSize } from "@mantine/hooks";
import { useState, type PointerEvent } from "react";

import styles from "@/charts/Chart.module.css";
import { path, spaced, ticks } from "@/charts/scale";
import { Scroll } from "@/shell/Scroll";
import { locale, texts } from "@/texts";

export interface Series {
  name: string;
  values: (number | null)[];
  tone: 1 | 2 | 3 | 4 | 5;
}

interface Props {
  title: string;
  lead?: string;
  /** One for each place along the bottom, in full; `short` is what stands there. */
  labels: string[];
  short?: string[];
  series: Series[];
  /** Bars stand on each other, lines beside each other. */
  kind: "bars" | "lines";
  format?: (value: number) => string;
  height?: number;
  /** A level to compare with, such as the memory there is. */
  limit?: { value: number; name: string };
}

interface Drawn {
  width: number;
  height: number;
  x: (place: number) => number;
  y: (value: number) => number;
  band: number;
  marks: number[];
}

const numbers = new Intl.NumberFormat(locale, { maximumFractionDigits: 2 });
const plain = (value: number): string => numbers.format(value);
const LEFT = 52;
const TOP = 8;
const BOTTOM = 24;
const LABEL_PX = 56;
const CHARACTER_PX = 7.5;

/** Values along a line of places, as bars or lines; every number can be read as a table, too. */
export function Chart(props: Props) {
  const { title, lead, series, labels, height = 190, format = plain } = props;
  const { ref, width } = useElementSize<HTMLDivElement>();
  const [at, setAt] = useState<number | null>(null);
  const drawn = frame(props, Math.max(width, 200), height);
  const onMove = (event: PointerEvent<SVGSVGElement>): void => {
    const left = event.clientX - event.currentTarget.getBoundingClientRect().left - LEFT;
    setAt(Math.min(labels.length - 1, Math.max(0, Math.floor(left / drawn.band))));
  };
  return (
    <figure className={styles.figure}>
      <figcaption>
        <h2 className={styles.title}>{title}</h2>
        {lead && <p className={styles.lead}>{lead}</p>}
      </figcaption>
      <Legend {...props} format={format} at={at} />
      <div ref={ref} className={styles.area}>
        {width > 0 && (
          <svg className={styles.svg} width={drawn.width} height={height} aria-hidden onPointerMove={onMove} onPointerLeave={() => setAt(null)}>
            <Grid drawn={drawn} format={format} />
            <Places drawn={drawn} labels={props.short ?? labels} />
            {props.kind === "bars" ? <Bars drawn={drawn} series={series} /> : <Lines drawn={drawn} series={series} />}
            {props.limit && <Limit drawn={drawn} value={props.limit.value} />}
            {at !== null && (
              <line className={styles.cursor} x1={drawn.x(at)} x2={drawn.x(at)} y1={TOP} y2={height - BOTTOM} />
            )}
          </svg>
        )}
      </div>
      <Numbers {...props} format={format} />
    </figure>
  );
}

function frame({ labels, series, kind, limit }: Props, width: number, height: number): Drawn {
  const at = (place: number): number[] => series.map((one) => one.values[place] ?? 0);
  const tops = labels.map((_, place) =>
    kind === "bars" ? at(place).reduce((sum, one) => sum + one, 0) : Math.max(0, ...at(place)),
  );
  const marks = ticks(Math.max(limit?.value ?? 0, 0, ...tops));
  const most = marks[marks.length - 1] ?? 1;
  const band = (width - LEFT) / Math.max(labels.length, 1);
  return {
    width,
    height,
    band,
    marks,
    x: (place) => LEFT + band * (place + 0.5),
    y: (value) => height - BOTTOM - (value / most) * (height - TOP - BOTTOM),
  };
}

function Legend({ series, labels, at, format, limit }: Props & { at: number | null; format: (value: number) => string }) {
  const value = (one: Series): string => {
    const found = at === null ? null : one.values[at];
    return found === null || found === undefined ? "–" : format(found);
  };
  return (
    <ul className={styles.legend}>
      {at !== null && <li className={styles.at}>{labels[at]}</li>}
      {series.map((one) => (
        <li key={one.name} className={styles[`tone${one.tone}`]}>
          <span className={styles.swatch} aria-hidden />
          {one.name}
          {at !== null && <b>{value(one)}</b>}
        </li>
      ))}
      {limit && (
        <li className={styles.at}>
          ┄ {limit.name} {format(limit.value)}
        </li>
      )}
    </ul>
  );
}

function Grid({ drawn, format }: { drawn: Drawn; format: (value: number) => string }) {
  return drawn.marks.map((mark) => (
    <g key={mark}>
      <line className={styles.grid} x1={LEFT} x2={drawn.width} y1={drawn.y(mark)} y2={drawn.y(mark)} />
      <text className={styles.label} x={LEFT - 8} y={drawn.y(mark) + 4} textAnchor="end">
        {format(mark)}
      </text>
    </g>
  ));
}

function Places({ drawn, labels }: { drawn: Drawn; labels: string[] }) {
  const longest = Math.max(...labels.map((one) => one.length)) * CHARACTER_PX;
  return spaced(labels.length, drawn.width - LEFT, Math.max(LABEL_PX, longest)).map((place) => (
    <text key={place} className={styles.label} x={drawn.x(place)} y={drawn.height - 6} textAnchor="middle">
      {labels[place]}
    </text>
  ));
}

function Bars({ drawn, series }: { drawn: Drawn; series: Series[] }) {
  const wide = Math.min(Math.max(1, drawn.band * 0.7), 46);
  return series.map((one, row) => (
    <g key={one.name} className={styles[`tone${one.tone}`]}>
      {one.values.map((value, place) => {
        const below = series.slice(0, row).reduce((sum, other) => sum + (other.values[place] ?? 0), 0);
        const top = drawn.y(below + (value ?? 0));
        const tall = drawn.y(below) - top;
        return tall > 0 && <rect key={place} className={styles.bar} x={drawn.x(place) - wide / 2} y={top} width={wide} height={tall} rx={1.5} />;
      })}
    </g>
  ));
}

function Lines({ drawn, series }: { drawn: Drawn; series: Series[] }) {
  return series.map((one) => {
    const points = one.values.map((value, place): [number, number] | null => (value === null ? null : [drawn.x(place), drawn.y(value)]));
    const few = points.filter((point) => point !== null);
    return (
      <g key={one.name} className={styles[`tone${one.tone}`]}>
        <path className={styles.line} d={path(points)} />
        {few.length <= 40 && few.map(([x, y]) => <circle key={x} className={styles.dot} cx={x} cy={y} r={2.6} />)}
      </g>
    );
  });
}

function Limit({ drawn, value }: { drawn: Drawn; value: number }) {
  return <line className={styles.cursor} x1={LEFT} x2={drawn.width} y1={drawn.y(value)} y2={drawn.y(value)} />;
}

function Numbers({ title, labels, series, format }: Props & { format: (value: number) => string }) {
  const [open, setOpen] = useState(false);
  return (
    <details className={styles.numbers} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{texts.over.numbers}</summary>
      {open && (
        <div>
          <Scroll label={title}>
            <thead>
              <tr>
                <td />
                {series.map((one) => (
                  <th key={one.name} scope="col" data-number>
                    {one.name}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {labels.map((label, place) => (
                <tr key={label}>
                  <th scope="row">{label}</th>
                  {series.map((one) => (
                    <td key={one.name} data-number>
                      {one.values[place] === null || one.values[place] === undefined ? "–" : format(one.values[place])}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </Scroll>
        </div>
      )}
    </details>
  );
}
