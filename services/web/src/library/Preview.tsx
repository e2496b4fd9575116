import { Drawer, Loader } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";

import { readText } from "@/api/calls";
import type { LibraryDocument } from "@/api/types";
import styles from "@/library/Preview.module.css";
import { WholeDocument } from "@/reader/PassageText";
import { Notice } from "@/shell/Notice";
import { texts } from "@/texts";

const NONE: never[] = [];

/** The stored text: exactly what questions are answered from. */
export function Preview({ document, onClose }: { document: LibraryDocument; onClose: () => void }) {
  const found = useQuery({ queryKey: ["text", document.id], queryFn: () => readText(document.id) });
  return (
    <Drawer
      opened
      onClose={onClose}
      title={document.name}
      position="right"
      size="lg"
      lockScroll={false}
      closeButtonProps={{ "aria-label": texts.close }}
      classNames={{ body: styles.body ?? "" }}
    >
      {found.isPending && <Loader size="sm" type="dots" />}
      {found.isError && <Notice problem={found.error} />}
      {found.data && <WholeDocument document={found.data} spans={NONE} />}
    </Drawer>
  );
}
