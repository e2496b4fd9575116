import { Loader } from "@mantine/core";
import { IconFileOff } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";

import { readShare } from "@/api/askingCalls";
import { ApiError } from "@/api/client";
import { EmptyState } from "@/shell/EmptyState";
import { Notice } from "@/shell/Notice";
import page from "@/shell/Page.module.css";
import shell from "@/shell/Shell.module.css";
import styles from "@/talks/Conversations.module.css";
import { SHARES } from "@/talks/queries";
import { Transcript } from "@/talks/Transcript";
import { texts } from "@/texts";
import { shortDate } from "@/texts/dates";

/** What a colleague shared, as far as its reader may read what it rests on. */
export default function SharedPage({ id }: { id: string }) {
  const found = useQuery({ queryKey: [...SHARES, id], queryFn: () => readShare(id) });
  if (found.error instanceof ApiError && found.error.status === 404) {
    return <EmptyState icon={<IconFileOff size={26} stroke={1.6} />} title={texts.asking.share.missing} />;
  }
  if (found.isError) {
    return (
      <div className={shell.waiting}>
        <Notice problem={found.error} onRetry={() => void found.refetch()} />
      </div>
    );
  }
  if (found.isPending) {
    return (
      <div className={shell.waiting}>
        <Loader size="sm" type="dots" role="status" aria-label={texts.loading} />
      </div>
    );
  }
  const { shared_by: by, expires_at: until, items } = found.data;
  return (
    <div className={styles.view}>
      <header>
        <h1 className={page.subtitle}>{texts.asking.share.by(by)}</h1>
        <p className={page.lead}>
          {texts.asking.share.rule} ({texts.asking.share.until(shortDate(until))})
        </p>
      </header>
      <Transcript answers={items} mine={false} />
    </div>
  );
}
