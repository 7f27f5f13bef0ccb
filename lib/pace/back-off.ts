/** What is still to be done, and when: at once, and after each failure later than after the one before. */
export interface BackOff<Key> {
  /** What is to be done by now. */
  due(now: Date): Key[];
  /** Whether something is still to be done. */
  isPending(key: Key): boolean;
  /** Makes something due at once. */
  wake(key: Key): void;
  /** Notes a success; answers whether it had failed before. */
  succeeded(key: Key): boolean;
  /** Notes a failure; answers whether it is the first since the last success. */
  failed(key: Key, now: Date): boolean;
}

interface Delays {
  /** Milliseconds after the first failure, and at most. */
  readonly first: number;
  readonly most: number;
}

interface Pending {
  readonly failures: number;
  readonly due: number;
}

/** Starts with keys all of which are to be done at once. */
export function backOff<Key>(keys: Iterable<Key>, { first, most }: Delays): BackOff<Key> {
  const pending = new Map<Key, Pending>([...keys].map((key) => [key, { failures: 0, due: 0 }]));
  return {
    due: (now) => [...pending].filter(([, { due }]) => due <= now.getTime()).map(([key]) => key),
    isPending: (key) => pending.has(key),
    wake: (key) => void pending.set(key, { failures: 0, due: 0 }),
    succeeded: (key) => {
      const failures = pending.get(key)?.failures ?? 0;
      pending.delete(key);
      return failures > 0;
    },
    failed: (key, now) => {
      const failures = pending.get(key)?.failures ?? 0;
      const delay = Math.min(first * 2 ** failures, most);
      pending.set(key, { failures: failures + 1, due: now.getTime() + delay });
      return failures === 0;
    },
  };
}
