import { Loader } from "@mantine/core";
import { IconCircleCheck } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";

import { readReceipt } from "@/api/libraryCalls";
import type { Receipt as ReceiptShape } from "@/api/types";
import styles from "@/library/Receipt.module.css";
import { Notice } from "@/shell/Notice";
import page from "@/shell/Page.module.css";
import { Scroll } from "@/shell/Scroll";
import { texts } from "@/texts";
import { dayAndTime } from "@/texts/dates";

const LOOK_AGAIN_MS = 5_000;

/** Every place a removed document was in, and what upkeep found there; followed until nothing is left. */
export function Receipt({ document }: { document: string }) {
  const found = useQuery({
    queryKey: ["receipt", document],
    queryFn: () => readReceipt(document),
    refetchInterval: ({ state }) => (state.data?.complete_at ? false : LOOK_AGAIN_MS),
  });
  if (found.isPending) return <Loader size="sm" type="dots" role="status" aria-label={texts.loading} />;
  if (found.isError) return <Notice problem={found.error} />;
  return <Shown receipt={found.data} />;
}

function Shown({ receipt }: { receipt: ReceiptShape }) {
  const words = texts.docs.receipt;
  const facts = [`${words.removed} ${dayAndTime(receipt.deleted_at)}`];
  if (receipt.complete_at) facts.push(`${words.done} ${dayAndTime(receipt.complete_at)}`);
  if (receipt.hidden_answers > 0) facts.push(words.hidden(receipt.hidden_answers));
  return (
    <div className={styles.receipt} data-testid="receipt">
      <p>{receipt.complete_at ? words.complete : words.lead}</p>
      {receipt.places.length > 0 ? (
        <Places receipt={receipt} />
      ) : (
        <p className={page.muted} role="status">
          {words.waiting}
        </p>
      )}
      <p className={page.muted}>{facts.join(" · ")}</p>
    </div>
  );
}

function Places({ receipt }: { receipt: ReceiptShape }) {
  const words = texts.docs.receipt;
  return (
    <Scroll label={words.title}>
      <thead>
        <tr>
          <th scope="col">{words.place}</th>
          <th scope="col" data-number>
            {words.lookedAt}
          </th>
          <th scope="col" data-number>
            {words.left}
          </th>
        </tr>
      </thead>
      <tbody>
        {receipt.places.map((one) => (
          <tr key={one.place}>
            <td>{words.places[one.place] ?? one.place}</td>
            <td data-number>{one.looked_at}</td>
            <td data-number>
              {one.left === 0 ? <IconCircleCheck size={17} stroke={1.8} role="img" aria-label="0" /> : one.left}
            </td>
          </tr>
        ))}
      </tbody>
    </Scroll>
  );
}
