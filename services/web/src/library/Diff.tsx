import { Loader, VisuallyHidden } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";

import { readDiff } from "@/api/libraryCalls";
import type { Difference } from "@/api/types";
import styles from "@/library/Diff.module.css";
import { shortened } from "@/library/shortened";
import { Notice } from "@/shell/Notice";
import page from "@/shell/Page.module.css";
import { texts } from "@/texts";

/** Two versions' texts laid over each other; what stayed the same is cut down to its edges. */
export function Diff({ document, from, to }: { document: string; from: number; to: number }) {
  const found = useQuery({ queryKey: ["diff", document, from, to], queryFn: () => readDiff(document, from, to) });
  if (found.isPending) return <Loader size="sm" type="dots" role="status" aria-label={texts.loading} />;
  if (found.isError) return <Notice problem={found.error} />;
  const { differences, added_lines: added, removed_lines: removed } = found.data;
  const changed = differences.some((one) => one.kind !== "equal");
  return (
    <section aria-label={texts.docs.versions.diff(from, to)} data-testid="diff">
      <h2 className={page.subtitle}>{texts.docs.versions.diff(from, to)}</h2>
      <p className={page.muted} role="status">
        {changed ? texts.docs.versions.lines(added, removed) : texts.docs.versions.same}
      </p>
      {changed && (
        <div className={styles.diff}>
          {differences.map((one) => (
            <Piece key={`${one.from_start}-${one.to_start}-${one.kind}`} difference={one} />
          ))}
        </div>
      )}
    </section>
  );
}

function Piece({ difference: { kind, from_text: before, to_text: after } }: { difference: Difference }) {
  if (kind === "equal") return <Same text={after} />;
  return (
    <>
      {kind !== "added" && (
        <div className={styles.piece} data-kind="removed">
          <VisuallyHidden>{texts.docs.versions.removed_}: </VisuallyHidden>
          {before.trimEnd()}
        </div>
      )}
      {kind !== "removed" && (
        <div className={styles.piece} data-kind="added">
          <VisuallyHidden>{texts.docs.versions.added_}: </VisuallyHidden>
          {after.trimEnd()}
        </div>
      )}
    </>
  );
}

function Same({ text }: { text: string }) {
  const { head, hidden, tail } = shortened(text);
  return (
    <>
      {head && <div className={styles.piece}>{head}</div>}
      {hidden > 0 && <div className={styles.gap}>{texts.docs.versions.equal(hidden)}</div>}
      {tail && <div className={styles.piece}>{tail}</div>}
    </>
  );
}
