import { IconAdjustments, IconBooks, IconMessageCircleQuestion, IconMessages, IconPencilPlus, IconSearch, type Icon } from "@tabler/icons-react";
import { Link, useLocation } from "wouter";

import { AccountMenu } from "@/account/AccountMenu";
import { History } from "@/answers/History";
import { useSession } from "@/session/session";
import { Logo } from "@/shell/Logo";
import styles from "@/shell/Sidebar.module.css";
import { texts } from "@/texts";

interface Entry {
  to: string;
  words: string;
  icon: Icon;
  here: (path: string) => boolean;
}

const LIBRARY = /^\/(?:library|documents|sources|report)/;

const ENTRIES: Entry[] = [
  {
    to: "/",
    words: texts.nav.ask,
    icon: IconMessageCircleQuestion,
    here: (path) => path === "/" || path.startsWith("/answers"),
  },
  { to: "/search", words: texts.nav.search, icon: IconSearch, here: (path) => path === "/search" },
  {
    to: "/conversations",
    words: texts.asking.conversations.title,
    icon: IconMessages,
    here: (path) => /^\/(?:conversations|shared)/.test(path),
  },
  { to: "/library", words: texts.nav.library, icon: IconBooks, here: (path) => LIBRARY.test(path) },
];

const ADMIN: Entry = {
  to: "/admin",
  words: texts.admin.title,
  icon: IconAdjustments,
  here: (path) => path.startsWith("/admin"),
};

export function Sidebar({ onGo }: { onGo?: () => void }) {
  const [path] = useLocation();
  const { person } = useSession();
  const entries = person.is_admin ? [...ENTRIES, ADMIN] : ENTRIES;
  return (
    <div className={styles.sidebar}>
      <Link href="/" className={styles.brand} onClick={onGo}>
        <Logo size={28} />
        {texts.product}
      </Link>
      <Link href="/" className={styles.fresh} onClick={onGo}>
        <IconPencilPlus size={18} stroke={1.8} aria-hidden />
        {texts.nav.newQuestion}
      </Link>
      <nav aria-label={texts.nav.label} className={styles.nav}>
        {entries.map(({ to, words, icon: Symbol, here }) => (
          <Link
            key={to}
            href={to}
            className={styles.entry}
            aria-current={here(path) ? "page" : undefined}
            onClick={onGo}
          >
            <Symbol size={18} stroke={1.7} aria-hidden />
            {words}
          </Link>
        ))}
      </nav>
      <History onGo={onGo} />
      <AccountMenu onGo={onGo} />
    </div>
  );
}
