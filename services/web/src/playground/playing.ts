import { useCallback, useEffect, useRef, useState } from "react";

import { streamPlay } from "@/api/oversightCalls";
import { ApiError, UNREACHABLE } from "@/api/client";
import { readEvents } from "@/api/events";
import type { PlayAsked } from "@/api/oversightTypes";
import { advance, isRunning, newPlay, type Play } from "@/playground/play";

function broken(play: Play, error: unknown): Play {
  const problem = error instanceof ApiError ? { title: error.message, code: error.code, status: error.status } : UNREACHABLE;
  return { ...play, phase: "failed", problem };
}

async function follow(asked: PlayAsked, signal: AbortSignal, show: (play: Play) => void): Promise<Play> {
  let play = newPlay(performance.now());
  show(play);
  try {
    const response = await streamPlay(asked, signal);
    if (!response.body) throw new Error("no body");
    for await (const event of readEvents(response.body)) {
      play = advance(play, event, performance.now());
      show(play);
    }
    if (isRunning(play)) play = broken(play, null);
  } catch (error) {
    play = signal.aborted ? { ...play, phase: "stopped" } : broken(play, error);
  }
  show(play);
  return play;
}

/** One play at a time; a new one, and leaving the page, ends the one before. */
export function usePlaying() {
  const [play, setPlay] = useState<Play | null>(null);
  const running = useRef<AbortController | null>(null);
  const stop = useCallback(() => running.current?.abort(), []);
  useEffect(() => stop, [stop]);
  const start = useCallback(
    (asked: PlayAsked): Promise<Play> => {
      stop();
      const own = new AbortController();
      running.current = own;
      return follow(asked, own.signal, (next) => {
        if (running.current === own) setPlay(next);
      });
    },
    [stop],
  );
  const clear = useCallback(() => {
    stop();
    running.current = null;
    setPlay(null);
  }, [stop]);
  return { play, start, stop, clear };
}
