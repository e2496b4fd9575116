import { Button, PasswordInput, TextInput } from "@mantine/core";
import { IconLock } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState, type SyntheticEvent } from "react";

import { readWays, signIn } from "@/api/calls";
import { ApiError } from "@/api/client";
import { SESSION } from "@/session/queries";
import { expectSession, remember } from "@/session/session";
import styles from "@/session/SignIn.module.css";
import { Logo } from "@/shell/Logo";
import { sentenceFor } from "@/shell/Notice";
import { texts } from "@/texts";

function wrongWords(error: Error | null): string | null {
  if (!error) return null;
  return error instanceof ApiError && error.status === 401 ? texts.signIn.wrong : sentenceFor(error);
}

/** The company's own sign-in, where an administrator set one up; it brings the browser back to where it was. */
function Provider() {
  const provider = useQuery({ queryKey: ["ways"], queryFn: readWays, staleTime: Infinity }).data?.provider;
  if (!provider) return null;
  const back = encodeURIComponent(window.location.pathname + window.location.search);
  return (
    <Button component="a" href={`${provider.url}?return_to=${back}`} size="md" variant="default" fullWidth onClick={expectSession}>
      {texts.finding.provider(provider.label)}
    </Button>
  );
}

export function SignIn() {
  const [login, setLogin] = useState("");
  const [password, setPassword] = useState("");
  const client = useQueryClient();
  const entering = useMutation({
    mutationFn: () => signIn(login, password),
    onSuccess: (session) => {
      client.setQueryData(SESSION, remember(session));
    },
    onError: () => setPassword(""),
  });
  const submit = (event: SyntheticEvent): void => {
    event.preventDefault();
    entering.mutate();
  };
  return (
    <main className={styles.page}>
      <form className={styles.card} onSubmit={submit}>
        <div className={styles.brand}>
          <Logo size={40} />
          <span>{texts.product}</span>
        </div>
        <h1 className={styles.title}>{texts.signIn.title}</h1>
        <p className={styles.lead}>{texts.signIn.lead}</p>
        <TextInput
          label={texts.signIn.login}
          name="login"
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          required
          withAsterisk={false}
          data-autofocus
          autoFocus
          size="md"
          value={login}
          onChange={(event) => setLogin(event.currentTarget.value)}
        />
        <PasswordInput
          label={texts.signIn.password}
          name="password"
          autoComplete="current-password"
          required
          withAsterisk={false}
          size="md"
          value={password}
          error={wrongWords(entering.error)}
          onChange={(event) => setPassword(event.currentTarget.value)}
        />
        <Button type="submit" size="md" fullWidth loading={entering.isPending}>
          {texts.signIn.submit}
        </Button>
        <Provider />
      </form>
      <p className={styles.private}>
        <IconLock size={15} stroke={1.7} aria-hidden />
        {texts.signIn.private}
      </p>
    </main>
  );
}
