import { Loader } from "@mantine/core";
import { IconBooks } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "wouter";

import type { Collection } from "@/api/types";
import { collectionsQuery } from "@/answers/collections";
import { CollectionView } from "@/library/CollectionView";
import styles from "@/library/LibraryPage.module.css";
import { EmptyState } from "@/shell/EmptyState";
import { Notice } from "@/shell/Notice";
import shell from "@/shell/Shell.module.css";
import { texts } from "@/texts";

export default function LibraryPage({ name }: { name?: string }) {
  const found = useQuery(collectionsQuery);
  if (found.isPending) {
    return (
      <div className={shell.waiting}>
        <Loader size="sm" type="dots" aria-label={texts.loading} />
      </div>
    );
  }
  return (
    <div className={styles.page}>
      <h1 className={styles.title}>{texts.library.title}</h1>
      {found.isError ? (
        <Notice problem={found.error} onRetry={() => void found.refetch()} />
      ) : (
        <Collections items={found.data.items} name={name} />
      )}
    </div>
  );
}

function Collections({ items, name }: { items: Collection[]; name: string | undefined }) {
  const shown = items.find((one) => one.name === name) ?? items.find((one) => one.may_contribute) ?? items[0];
  if (!shown) {
    return (
      <EmptyState
        icon={<IconBooks size={26} stroke={1.6} />}
        title={texts.library.noCollections}
        lead={texts.library.noCollectionsLead}
      />
    );
  }
  return (
    <>
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
      <CollectionView key={shown.id} collection={shown} />
    </>
  );
}
