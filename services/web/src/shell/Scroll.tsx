import type { ReactNode } from "react";

import page from "@/shell/Page.module.css";

/** A wide table on a narrow screen: it scrolls by itself, also from the keyboard. */
export function Scroll({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div className={page.scroll} role="region" aria-label={label} tabIndex={0}>
      <table className={page.table}>{children}</table>
    </div>
  );
}
