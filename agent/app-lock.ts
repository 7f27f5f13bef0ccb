import { takeLock } from "../lib/effects/lock.ts";
import { Failure } from "../lib/failure.ts";
import type { Layout } from "./layout.ts";

/** The lock of one app on this host, as one part of a deploy holds it. */
export interface AppLock {
  /** @throws {Failure} E_LOCKED */
  readonly take: () => Promise<void>;
  readonly free: () => Promise<void>;
}

/** A lock that is not taken yet. It is of this process: after a crash it has to be taken again. */
export function appLock(layout: Layout, why: string): AppLock {
  let release: (() => Promise<void>) | undefined;
  return {
    take: async () => {
      if (release !== undefined) return;
      const lock = await takeLock(layout.lock, why);
      if (lock.taken) release = lock.release;
      else
        throw new Failure(
          "E_LOCKED",
          `The lock ${layout.lock} is held by ${lock.by.holder}, pid ${lock.by.pid}`,
        );
    },
    free: async () => {
      await release?.();
      release = undefined;
    },
  };
}
