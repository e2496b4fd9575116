import styles from "@/report/ReportPage.module.css";
import page from "@/shell/Page.module.css";

interface Props {
  title: string;
  bars: { label: string; count: number }[];
}

/** Counts as bars of their own lengths; the numbers stand beside them. */
export function Bars({ title, bars }: Props) {
  const most = Math.max(...bars.map((one) => one.count), 1);
  if (bars.length === 0) return null;
  return (
    <section className={page.panel}>
      <h2>{title}</h2>
      <ul className={styles.bars}>
        {bars.map((one) => (
          <li key={one.label}>
            <span>{one.label}</span>
            <span className={styles.bar} style={{ width: `${(one.count / most) * 100}%` }} aria-hidden />
            <span className={styles.count}>{one.count}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}
