import type { ReactNode } from "react";

import styles from "@/shell/EmptyState.module.css";

interface Props {
  title: string;
  lead?: string | undefined;
  icon?: ReactNode;
  children?: ReactNode;
}

export function EmptyState({ title, lead, icon, children }: Props) {
  return (
    <div className={styles.empty}>
      {icon && <div className={styles.icon}>{icon}</div>}
      <h2 className={styles.title}>{title}</h2>
      {lead && <p className={styles.lead}>{lead}</p>}
      {children}
    </div>
  );
}
