import { Loader } from "@mantine/core";

import styles from "@/shell/Shell.module.css";
import { texts } from "@/texts";

export function Loading() {
  return (
    <div className={styles.waiting}>
      <Loader size="sm" type="dots" role="status" aria-label={texts.loading} />
    </div>
  );
}
