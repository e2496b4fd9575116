import type { ReactNode } from "react";
import { Link, Redirect, useLocation } from "wouter";

import { useSession } from "@/session/session";
import page from "@/shell/Page.module.css";
import { texts } from "@/texts";

interface Props {
  lead: string;
  action?: ReactNode;
  children: ReactNode;
}

const words = texts.admin.nav;
const over = texts.over.nav;
const VIEWS: [string, string][] = [
  ["/admin", words.overview],
  ["/admin/people", words.people],
  ["/admin/groups", words.groups],
  ["/admin/model", words.model],
  ["/admin/cost", over.cost],
  ["/admin/playground", over.playground],
  ["/admin/evaluations", over.evaluations],
  ["/admin/drift", over.drift],
  ["/admin/releases", over.releases],
  ["/admin/settings", over.settings],
  ["/admin/audit", words.audit],
];

/** On a narrow screen the tabs scroll: the one that is open is to be seen. */
function intoSight(tab: HTMLAnchorElement | null): void {
  tab?.scrollIntoView({ block: "nearest", inline: "center" });
}

/** What every view of administrators stands in. The server decides; others are only spared the sight. */
export function AdminFrame({ lead, action, children }: Props) {
  const [path] = useLocation();
  const { person } = useSession();
  const here = (to: string): boolean => to === path || (to !== "/admin" && path.startsWith(`${to}/`));
  if (!person.is_admin) return <Redirect to="/" />;
  return (
    <div className={page.page}>
      <header className={page.head}>
        <div>
          <h1 className={page.title}>{VIEWS.find(([to]) => here(to))?.[1] ?? texts.admin.title}</h1>
          <p className={page.lead}>{lead}</p>
        </div>
        {action}
      </header>
      <nav className={page.tabs} aria-label={words.label}>
        {VIEWS.map(([to, label]) => (
          <Link key={to} href={to} ref={here(to) ? intoSight : null} className={page.tab} aria-current={here(to) ? "page" : undefined}>
            {label}
          </Link>
        ))}
      </nav>
      {children}
    </div>
  );
}
