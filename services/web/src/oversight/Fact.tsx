import type { ReactNode } from "react";

import page from "@/shell/Page.module.css";

/** One line of a list of facts. */
export function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  );
}

export function Tile({ name, value }: { name: string; value: ReactNode }) {
  return (
    <div className={page.tile}>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}
