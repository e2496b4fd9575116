import { Button } from "@mantine/core";
import { IconChevronLeft, IconSettings } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link, Redirect } from "wouter";

import type { Collection } from "@/api/types";
import { collectionsQuery } from "@/answers/collections";
import { CollectionDialog } from "@/library/CollectionDialog";
import { CollectionView } from "@/library/CollectionView";
import styles from "@/library/LibraryPage.module.css";
import { useSession } from "@/session/session";
import { Loading } from "@/shell/Loading";
import { Notice } from "@/shell/Notice";
import page from "@/shell/Page.module.css";
import { texts } from "@/texts";

export default function CollectionPage({ name }: { name: string }) {
  const found = useQuery(collectionsQuery);
  if (found.isPending) return <Loading />;
  if (found.isError) {
    return (
      <div className={page.page}>
        <Notice problem={found.error} onRetry={() => void found.refetch()} />
      </div>
    );
  }
  const shown = found.data.items.find((one) => one.name === name);
  if (!shown) return <Redirect to="/library" />;
  return (
    <div className={page.page}>
      <header className={page.head}>
        <div>
          <Link href="/library" className={styles.back}>
            <IconChevronLeft size={16} stroke={1.8} aria-hidden />
            {texts.library.title}
          </Link>
          <h1 className={page.title}>{shown.title || shown.name}</h1>
        </div>
        <Change collection={shown} />
      </header>
      <Others items={found.data.items} shown={shown} />
      <CollectionView key={shown.id} collection={shown} />
    </div>
  );
}

function Change({ collection }: { collection: Collection }) {
  const [open, setOpen] = useState(false);
  const { person } = useSession();
  if (!person.is_admin) return null;
  return (
    <>
      <Button variant="default" leftSection={<IconSettings size={17} />} onClick={() => setOpen(true)}>
        {texts.docs.collection.edit}
      </Button>
      {open && <CollectionDialog collection={collection} onClose={() => setOpen(false)} />}
    </>
  );
}

function Others({ items, shown }: { items: Collection[]; shown: Collection }) {
  if (items.length < 2) return null;
  return (
    <nav className={styles.tabs} aria-label={texts.library.collections}>
      {items.map((one) => (
        <Link
          key={one.id}
          href={`/library/${encodeURIComponent(one.name)}`}
          className={styles.tab}
          aria-current={one.id === shown.id ? "page" : undefined}
        >
          {one.title || one.name}
          <span className={styles.count}>{one.document_count}</span>
        </Link>
      ))}
    </nav>
  );
}
