import { Button, Checkbox } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { setReaders } from "@/api/libraryCalls";
import type { Collection, LibraryDocument } from "@/api/types";
import { DOCUMENTS } from "@/library/uploads";
import { Notice } from "@/shell/Notice";
import page from "@/shell/Page.module.css";
import { texts } from "@/texts";

interface Props {
  document: LibraryDocument;
  collection: Collection | undefined;
}

/** Who can see a document: its collection's readers, or those of them it is narrowed to. */
export function DocumentReaders({ document, collection }: Props) {
  const words = texts.docs.readers;
  const groups = collection?.reader_groups;
  if (!groups) return <p className={page.lead}>{words.hidden}</p>;
  const narrowed = document.narrowed_to;
  const open = narrowed ? groups.filter((group) => narrowed.includes(group.id)) : groups;
  return (
    <section className={page.panel}>
      <h2>{narrowed ? words.narrowed : words.collection}</h2>
      <p>{open.length > 0 ? open.map((group) => group.name).join(", ") : words.nobody}</p>
      <p className={page.muted}>{words.lead}</p>
      {collection.may_contribute && <Narrowing document={document} collection={collection} />}
    </section>
  );
}

function Narrowing({ document, collection }: { document: LibraryDocument; collection: Collection }) {
  const words = texts.docs.readers;
  const client = useQueryClient();
  const [chosen, setChosen] = useState(document.narrowed_to ?? []);
  const saving = useMutation({
    mutationFn: (groups: string[] | null) => setReaders(document.id, groups),
    onSuccess: () => client.invalidateQueries({ queryKey: DOCUMENTS }),
  });
  return (
    <>
      <Checkbox.Group label={words.narrow} value={chosen} onChange={setChosen} mt="md">
        <div className={page.checks}>
          {(collection.reader_groups ?? []).map((group) => (
            <Checkbox key={group.id} value={group.id} label={group.name} />
          ))}
        </div>
      </Checkbox.Group>
      {saving.isError && <Notice problem={saving.error} />}
      <div className={page.actions}>
        <Button mt="md" loading={saving.isPending} disabled={chosen.length === 0} onClick={() => saving.mutate(chosen)}>
          {words.save}
        </Button>
        {document.narrowed_to && (
          <Button mt="md" variant="default" onClick={() => saving.mutate(null)}>
            {words.lift}
          </Button>
        )}
      </div>
    </>
  );
}
