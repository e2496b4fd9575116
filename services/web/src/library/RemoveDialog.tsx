import { Button } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";

import { deleteDocument } from "@/api/calls";
import type { LibraryDocument } from "@/api/types";
import { Receipt } from "@/library/Receipt";
import { DOCUMENTS } from "@/library/uploads";
import { Confirm } from "@/shell/Confirm";
import { Dialog } from "@/shell/Dialog";
import page from "@/shell/Page.module.css";
import { texts } from "@/texts";

interface Props {
  document: Pick<LibraryDocument, "id" | "name">;
  onClose: (removed: boolean) => void;
}

/** Asks, removes, and then shows the receipt: where traces were, and what is left of them. */
export function RemoveDialog({ document, onClose }: Props) {
  const client = useQueryClient();
  const removing = useMutation({ mutationFn: () => deleteDocument(document.id) });
  const close = (): void => {
    if (removing.isSuccess) {
      for (const queryKey of [DOCUMENTS, ["collections"], ["answers"]]) void client.invalidateQueries({ queryKey });
    }
    onClose(removing.isSuccess);
  };
  if (removing.isSuccess) {
    return (
      <Dialog title={texts.docs.receipt.title} size="lg" onClose={close}>
        <Receipt document={document.id} />
        <div className={page.actions} data-end>
          <Button onClick={close}>{texts.close}</Button>
        </div>
      </Dialog>
    );
  }
  return (
    <Confirm
      title={texts.library.removeTitle}
      lead={texts.library.removeLead(document.name)}
      action={texts.library.remove}
      pending={removing.isPending}
      error={removing.error}
      onConfirm={() => removing.mutate()}
      onClose={close}
    />
  );
}
