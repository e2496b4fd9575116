import { Button, Modal } from "@mantine/core";

import { Notice } from "@/shell/Notice";
import styles from "@/shell/Confirm.module.css";
import { texts } from "@/texts";

interface Props {
  title: string;
  lead: string;
  action: string;
  pending: boolean;
  error: Error | null;
  onConfirm: () => void;
  onClose: () => void;
}

/** Asks before something that cannot be undone. */
export function Confirm({ title, lead, action, pending, error, onConfirm, onClose }: Props) {
  return (
    <Modal
      opened
      centered
      title={title}
      onClose={onClose}
      lockScroll={false}
      radius="lg"
      closeButtonProps={{ "aria-label": texts.close }}
    >
      <p className={styles.lead}>{lead}</p>
      {error && <Notice problem={error} />}
      <div className={styles.actions}>
        <Button variant="default" onClick={onClose} data-autofocus>
          {texts.cancel}
        </Button>
        <Button color="danger" loading={pending} onClick={onConfirm}>
          {action}
        </Button>
      </div>
    </Modal>
  );
}
