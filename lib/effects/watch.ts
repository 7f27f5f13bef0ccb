import { type FSWatcher, watch } from "node:fs";
import { pause } from "./clock.ts";

/** Waits for something to happen in a folder. */
export interface Watch {
  /** Resolves when something happened since the last wait, after so many milliseconds, for events may be missed, or at the signal. */
  wait(most: number, signal: AbortSignal): Promise<void>;
  close(): void;
}

/** Watches a folder; where the system has no watches left, only time passes. */
export function watchFolder(path: string): Watch {
  let happened = false;
  let wake: () => void = () => undefined;
  let watcher: FSWatcher | undefined;
  try {
    watcher = watch(path, { persistent: false }, () => {
      happened = true;
      wake();
    });
    watcher.on("error", () => watcher?.close());
  } catch {
    watcher = undefined;
  }
  return {
    wait: async (most, signal) => {
      const waiting = new AbortController();
      const end = () => waiting.abort();
      wake = end;
      signal.addEventListener("abort", end, { once: true });
      if (!happened && !signal.aborted) await pause(most, waiting.signal);
      signal.removeEventListener("abort", end);
      happened = false;
    },
    close: () => {
      watcher?.close();
      wake();
    },
  };
}
