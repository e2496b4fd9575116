import { IconEye, IconFiles } from "@tabler/icons-react";
import { Link } from "wouter";

import type { Collection } from "@/api/types";
import styles from "@/library/CollectionCards.module.css";
import { texts } from "@/texts";

/** Who can see a collection, as far as the reader may know. */
export function readersOf(collection: Collection): string {
  const groups = collection.reader_groups;
  if (groups === null) return collection.may_contribute ? texts.docs.collection.yours : texts.docs.collection.readOnly;
  if (groups.length === 0) return texts.docs.collection.noReaders;
  return texts.library.readers(groups.map((group) => group.name).join(", "));
}

export function CollectionCards({ items }: { items: Collection[] }) {
  return (
    <ul className={styles.grid} aria-label={texts.library.collections}>
      {items.map((one) => (
        <li key={one.id}>
          <Link href={`/library/${encodeURIComponent(one.name)}`} className={styles.card}>
            <span className={styles.name}>{one.title || one.name}</span>
            <span className={styles.about}>{one.description}</span>
            <span className={styles.foot}>
              <span>
                <IconFiles size={15} stroke={1.7} aria-hidden />
                {texts.documents(one.document_count)}
              </span>
              <span>
                <IconEye size={15} stroke={1.7} aria-hidden />
                {readersOf(one)}
              </span>
            </span>
          </Link>
        </li>
      ))}
    </ul>
  );
}
