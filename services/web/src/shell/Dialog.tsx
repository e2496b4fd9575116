import { Modal } from "@mantine/core";
import type { ReactNode } from "react";

import { texts } from "@/texts";

interface Props {
  title: string;
  size?: string;
  onClose: () => void;
  children: ReactNode;
}

export function Dialog({ title, size = "md", onClose, children }: Props) {
  return (
    <Modal
      opened
      centered
      title={title}
      size={size}
      radius="lg"
      lockScroll={false}
      onClose={onClose}
      closeButtonProps={{ "aria-label": texts.close }}
    >
      {children}
    </Modal>
  );
}
