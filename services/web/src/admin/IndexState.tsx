import { Button } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";

import { readIndex, rebuildIndex } from "@/api/adminCalls";
import type { IndexStatus } from "@/api/types";
import { Notice } from "@/shell/Notice";
import page from "@/shell/Page.module.css";
import { Scroll } from "@/shell/Scroll";
import { texts } from "@/texts";

const words = texts.admin.overview;

/** Each generation of the index, how far every server is, and a rebuild. */
export function IndexState() {
  const client = useQueryClient();
  const found = useQuery({ queryKey: ["index"], queryFn: readIndex });
  const rebuilding = useMutation({
    mutationFn: rebuildIndex,
    onSettled: () => client.invalidateQueries({ queryKey: ["jobs"] }),
  });
  if (!found.data) return found.isError ? <Notice problem={found.error} /> : null;
  return (
    <section className={page.panel}>
      <h2>{words.index}</h2>
      <dl className={page.facts}>
        {found.data.generations.map((one) => (
          <Generation key={one.name} one={one} />
        ))}
      </dl>
      {found.data.replicas.length > 0 && <Replicas replicas={found.data.replicas} />}
      <p className={page.muted}>{words.rebuildLead}</p>
      {rebuilding.isError && <Notice problem={rebuilding.error} />}
      <Button mt="sm" variant="default" loading={rebuilding.isPending} disabled={rebuilding.isSuccess} onClick={() => rebuilding.mutate()}>
        {words.rebuild}
      </Button>
    </section>
  );
}

function Generation({ one }: { one: IndexStatus["generations"][number] }) {
  return (
    <>
      <dt>{words.generation}</dt>
      <dd>
        <code>{one.name}</code> · {one.state}
        {one.versions !== null && ` · ${words.versions} ${one.versions}`}
      </dd>
    </>
  );
}

function rightWords(isRight: boolean | null): string {
  if (isRight === null) return words.unknown;
  return isRight ? words.right : words.wrong;
}

function Replicas({ replicas }: { replicas: IndexStatus["replicas"] }) {
  return (
    <Scroll label={words.index}>
      <thead>
        <tr>
          <th scope="col">{words.replica}</th>
          <th scope="col" data-number>
            {words.chunks}
          </th>
          <th scope="col" data-number>
            {words.behind}
          </th>
          <th scope="col">{words.state}</th>
        </tr>
      </thead>
      <tbody>
        {replicas.map((one) => (
          <tr key={one.name}>
            <td>{one.name}</td>
            <td data-number>{one.chunks}</td>
            <td data-number>{one.behind}</td>
            <td>{rightWords(one.is_right)}</td>
          </tr>
        ))}
      </tbody>
    </Scroll>
  );
}
