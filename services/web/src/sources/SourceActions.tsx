import { Button, Checkbox } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useLocation } from "wouter";

import { pauseSource, removeSource, syncSource, testSource } from "@/api/libraryCalls";
import { send } from "@/api/client";
import type { Source, SourceRun } from "@/api/types";
import { useSession } from "@/session/session";
import { Dialog } from "@/shell/Dialog";
import { Notice } from "@/shell/Notice";
import page from "@/shell/Page.module.css";
import { isRunning, SOURCES } from "@/sources/words";
import { texts } from "@/texts";

interface Props {
  source: Source;
  newest: SourceRun | undefined;
}

/** What may be done now: a test first, then dry runs and syncs; administrators pause and remove. */
export function SourceActions({ source, newest }: Props) {
  const words = texts.docs.sources;
  const client = useQueryClient();
  const { person } = useSession();
  const [removing, setRemoving] = useState(false);
  const doing = useMutation({
    mutationFn: (what: () => Promise<unknown>) => what(),
    onSettled: () => client.invalidateQueries({ queryKey: SOURCES }),
  });
  const button = (label: string, what: () => Promise<unknown>, variant = "default") => (
    <Button variant={variant} loading={doing.isPending} onClick={() => doing.mutate(what)}>
      {label}
    </Button>
  );
  const running = isRunning(newest);
  const tooMany = newest?.error?.code === "too_many_removals";
  return (
    <div className={page.actions}>
      {running && button(words.cancel, () => send("POST", `/sources/${source.id}/cancel`))}
      {!running && button(words.test, () => testSource(source.id), source.is_tested ? "default" : "filled")}
      {!running && source.is_tested && button(words.dry, () => syncSource(source.id, true))}
      {!running && source.is_tested && button(words.sync, () => syncSource(source.id, false), "filled")}
      {!running && tooMany && button(words.allow, () => syncSource(source.id, false, true))}
      {person.is_admin && button(source.is_paused ? words.resume : words.pause, () => pauseSource(source.id, !source.is_paused))}
      {person.is_admin && (
        <Button variant="default" onClick={() => setRemoving(true)}>
          {words.remove}
        </Button>
      )}
      {doing.isError && <Notice problem={doing.error} />}
      {removing && <Remove source={source} onClose={() => setRemoving(false)} />}
    </div>
  );
}

function Remove({ source, onClose }: { source: Source; onClose: () => void }) {
  const words = texts.docs.sources;
  const client = useQueryClient();
  const [, go] = useLocation();
  const [too, setToo] = useState(false);
  const removing = useMutation({
    mutationFn: () => removeSource(source.id, too),
    onSuccess: () => {
      go("/sources");
      void client.invalidateQueries({ queryKey: SOURCES, exact: true });
    },
  });
  return (
    <Dialog title={words.removeTitle} onClose={onClose}>
      <div className={page.form}>
        <p>{words.removeLead(source.name, source.documents)}</p>
        <Checkbox label={words.removeToo} checked={too} onChange={(event) => setToo(event.currentTarget.checked)} />
        {removing.isError && <Notice problem={removing.error} />}
        <div className={page.actions} data-end>
          <Button variant="default" onClick={onClose} data-autofocus>
            {texts.cancel}
          </Button>
          <Button color="danger" loading={removing.isPending} onClick={() => removing.mutate()}>
            {words.remove}
          </Button>
        </div>
      </div>
    </Dialog>
  );
}
