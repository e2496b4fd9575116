import { ActionIcon, Drawer } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { IconMenu2 } from "@tabler/icons-react";
import { lazy, Suspense, useEffect, useState, type ReactNode } from "react";
import { Link, useLocation } from "wouter";

import { AskingProvider } from "@/answers/asking";
import { UploadsProvider } from "@/library/uploads";
import { ReadingProvider, useReading } from "@/reader/reading";
import { Crash } from "@/shell/Crash";
import { Logo } from "@/shell/Logo";
import styles from "@/shell/Shell.module.css";
import { Sidebar } from "@/shell/Sidebar";
import { texts } from "@/texts";

const Reader = lazy(() => import("@/reader/Reader"));

export default function Shell({ children }: { children: ReactNode }) {
  return (
    <AskingProvider>
      <UploadsProvider>
        <ReadingProvider>
          <Frame>{children}</Frame>
        </ReadingProvider>
      </UploadsProvider>
    </AskingProvider>
  );
}

function Frame({ children }: { children: ReactNode }) {
  const [path] = useLocation();
  const { place, close } = useReading();
  useEffect(close, [path, close]);
  return (
    <div className={styles.frame} data-reading={place !== null || undefined}>
      <a className={styles.skip} href="#content">
        {texts.skip}
      </a>
      <TopBar />
      <aside className={styles.side}>
        <Sidebar />
      </aside>
      <main id="content" className={styles.main} tabIndex={-1}>
        <Crash key={path}>{children}</Crash>
      </main>
      <ReaderPane />
    </div>
  );
}

function TopBar() {
  const [open, setOpen] = useState(false);
  const hide = (): void => setOpen(false);
  return (
    <header className={styles.top}>
      <ActionIcon variant="subtle" color="gray" size="lg" aria-label={texts.menu} onClick={() => setOpen(true)}>
        <IconMenu2 size={20} />
      </ActionIcon>
      <Link href="/" className={styles.brand}>
        <Logo size={24} />
        {texts.product}
      </Link>
      <Drawer.Root opened={open} onClose={hide} size={290} padding={0} lockScroll={false} classNames={{ body: styles.drawer ?? "" }}>
        <Drawer.Overlay />
        <Drawer.Content aria-label={texts.nav.label}>
          <Drawer.Body>
            <Sidebar onGo={hide} />
          </Drawer.Body>
        </Drawer.Content>
      </Drawer.Root>
    </header>
  );
}

/** Beside the answer where there is room, above it where there is not. */
function ReaderPane() {
  const { place, close } = useReading();
  const beside = useMediaQuery("(min-width: 68em)", true, { getInitialValueInEffect: false });
  const phone = useMediaQuery("(max-width: 40em)", false, { getInitialValueInEffect: false });
  const reader = (
    <Suspense fallback={null}>
      <Reader />
    </Suspense>
  );
  if (beside) {
    return place && <aside className={styles.reader} aria-label={texts.reader.title}>{reader}</aside>; // prettier-ignore
  }
  return (
    <Drawer.Root
      opened={place !== null}
      onClose={close}
      position={phone ? "bottom" : "right"}
      size={phone ? "88%" : 460}
      padding={0}
      radius={phone ? "lg" : 0}
      lockScroll={false}
      classNames={{ body: styles.drawer ?? "" }}
    >
      <Drawer.Overlay />
      <Drawer.Content aria-label={texts.reader.title}>
        <Drawer.Body>{reader}</Drawer.Body>
      </Drawer.Content>
    </Drawer.Root>
  );
}
