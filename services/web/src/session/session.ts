import { useQuery } from "@tanstack/react-query";
import { createContext, use } from "react";

import { readSession } from "@/api/calls";
import { ApiError, setCsrfToken } from "@/api/client";
import type { Session } from "@/api/types";
import { SESSION } from "@/session/queries";

const HINT = "holdfast-signed-in";

/**
 * The cookie is out of a script's sight. The hint spares a visitor who never signed in a call that can only be
 * refused; it grants nothing.
 */
export function remember(session: Session): Session {
  setCsrfToken(session.csrf_token ?? "");
  window.localStorage.setItem(HINT, "yes");
  return session;
}

/** Before the browser goes to a provider: when it comes back, the session is worth asking for. */
export function expectSession(): void {
  window.localStorage.setItem(HINT, "yes");
}

export function forget(): void {
  setCsrfToken("");
  window.localStorage.removeItem(HINT);
}

async function sessionOrNull(): Promise<Session | null> {
  if (window.localStorage.getItem(HINT) === null) return null;
  try {
    return remember(await readSession());
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 401) throw error;
    forget();
    return null;
  }
}

export function useSessionQuery() {
  return useQuery({ queryKey: SESSION, queryFn: sessionOrNull, staleTime: 5 * 60_000 });
}

export const SessionContext = createContext<Session | null>(null);

/** Who is signed in; only views behind the sign-in may ask. */
export function useSession(): Session {
  const session = use(SessionContext);
  if (!session) throw new Error("no session");
  return session;
}
