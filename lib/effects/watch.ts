import { type FSWatcher, watch } from "node:fs";

/** Waits for something to happen in a folder. */
export interface Watch {
  /** Resolves when something happened since the last wait, or after so many milliseconds: events may be missed, time is not. */
  wait(most: number): Promise<void>;
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
    wait: async (most) => {
      if (!happened) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, most);
          wake = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
      happened = false;
    },
    close: () => {
      watcher?.close();
      wake();
    },
  };
}
