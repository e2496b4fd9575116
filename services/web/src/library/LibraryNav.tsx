import { useQuery } from "@tanstack/react-query";
import { Link, useLocation } from "wouter";

import { collectionsQuery } from "@/answers/collections";
import { useSession } from "@/session/session";
import page from "@/shell/Page.module.css";
import { texts } from "@/texts";

/** The library's views; sources and the report are for those who look after a collection. */
export function LibraryNav() {
  const [path] = useLocation();
  const { person } = useSession();
  const found = useQuery(collectionsQuery);
  const tends = person.is_admin || (found.data?.items.some((one) => one.may_contribute) ?? false);
  if (!tends) return null;
  const entries = [
    { to: "/library", words: texts.docs.nav.collections, here: path === "/library" },
    { to: "/bulks", words: texts.over.nav.bulks, here: path === "/bulks" },
    { to: "/sources", words: texts.docs.nav.sources, here: path.startsWith("/sources") },
    { to: "/report", words: texts.docs.nav.report, here: path === "/report" },
    { to: "/gaps", words: texts.over.nav.gaps, here: path === "/gaps" },
  ];
  return (
    <nav className={page.tabs} aria-label={texts.docs.nav.label}>
      {entries.map(({ to, words, here }) => (
        <Link key={to} href={to} className={page.tab} aria-current={here ? "page" : undefined}>
          {words}
        </Link>
      ))}
    </nav>
  );
}
