import { useMutation, useQueryClient } from "@tanstack/react-query";

import { deleteDocument } from "@/api/calls";
import type { LibraryDocument } from "@/api/types";
import { DOCUMENTS } from "@/library/uploads";
import { Confirm } from "@/shell/Confirm";
import { texts } from "@/texts";

export function RemoveDialog({ document, onClose }: { document: LibraryDocument; onClose: () => void }) {
  const client = useQueryClient();
  const removing = useMutation({
    mutationFn: () => deleteDocument(document.id),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: DOCUMENTS });
      void client.invalidateQueries({ queryKey: ["collections"] });
      void client.invalidateQueries({ queryKey: ["answers"] });
      onClose();
    },
  });
  return (
    <Confirm
      title={texts.library.removeTitle}
      lead={texts.library.removeLead(document.name)}
      action={texts.library.remove}
      pending={removing.isPending}
      error={removing.error}
      onConfirm={() => removing.mutate()}
      onClose={onClose}
    />
  );
}
