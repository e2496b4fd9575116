import { Checkbox, TextInput } from "@mantine/core";
import { IconSearch } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { AdminFrame } from "@/admin/AdminFrame";
import { readSettings } from "@/api/oversightCalls";
import type { Setting } from "@/api/oversightTypes";
import styles from "@/oversight/Oversight.module.css";
import { Loading } from "@/shell/Loading";
import { Notice } from "@/shell/Notice";
import page from "@/shell/Page.module.css";
import { Scroll } from "@/shell/Scroll";
import { texts } from "@/texts";

const words = texts.over.settings;

export default function SettingsPage() {
  const found = useQuery({ queryKey: ["settings"], queryFn: readSettings });
  return (
    <AdminFrame lead={words.lead}>
      {found.isPending && <Loading />}
      {found.isError && <Notice problem={found.error} onRetry={() => void found.refetch()} />}
      {found.data && (
        <>
          <p className={page.muted}>
            {words.mode}: <strong>{found.data.mode}</strong>. {words.lead2}
          </p>
          <Listed items={found.data.items} />
        </>
      )}
    </AdminFrame>
  );
}

function Listed({ items }: { items: Setting[] }) {
  const [wanted, setWanted] = useState("");
  const [onlySet, setOnlySet] = useState(false);
  const called = wanted.trim().toUpperCase().replaceAll(".", "__");
  const rows = items.filter((one) => one.name.includes(called) && (!onlySet || one.origin !== "default"));
  return (
    <>
      <div className={page.actions}>
        <TextInput aria-label={words.find} placeholder={words.find} leftSection={<IconSearch size={16} />} value={wanted} onChange={(event) => setWanted(event.currentTarget.value)} />
        <Checkbox label={words.changed} checked={onlySet} onChange={(event) => setOnlySet(event.currentTarget.checked)} />
      </div>
      {rows.length === 0 && <p className={page.lead}>{words.none}</p>}
      {rows.length > 0 && (
        <Scroll label={texts.over.nav.settings}>
          <thead>
            <tr>
              <th scope="col">{words.name}</th>
              <th scope="col">{words.value}</th>
              <th scope="col">{words.origin}</th>
            </tr>
          </thead>
          <tbody>
            {rows.map((one) => (
              <tr key={one.name} data-testid="setting">
                <td className={styles.name}>{one.name}</td>
                <td className={styles.value}>{valueOf(one)}</td>
                <td>
                  <span className={page.pill} data-tone={one.origin === "default" ? undefined : "busy"}>
                    {words.origins[one.origin]}
                  </span>
                </td>
              </tr>
            ))}
          </tbody>
        </Scroll>
      )}
    </>
  );
}

function valueOf(one: Setting): string {
  if (one.is_secret) return one.value ? `${one.value} (${words.set})` : words.unset;
  return one.value || words.empty;
}
