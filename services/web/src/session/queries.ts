import { QueryCache, QueryClient } from "@tanstack/react-query";

import { ApiError } from "@/api/client";

export const SESSION = ["session"] as const;

const lastingRefusal = (error: Error): boolean => error instanceof ApiError && error.status >= 400 && error.status < 500;

function signedOutElsewhere(error: Error): void {
  if (error instanceof ApiError && error.status === 401) queries.setQueryData(SESSION, null);
}

export const queries: QueryClient = new QueryClient({
  queryCache: new QueryCache({ onError: signedOutElsewhere }),
  defaultOptions: {
    queries: { staleTime: 15_000, retry: (count, error) => count < 1 && !lastingRefusal(error) },
    mutations: { onError: signedOutElsewhere },
  },
});
