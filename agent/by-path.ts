/** Things of which a process may have only one for each path, however often its configuration is read again. */
export interface ByPath<Thing> {
  /** Opens it, or joins those who opened it before. */
  readonly open: (path: string, make: () => Promise<Thing>) => Promise<Thing>;
  /** Leaves it; the last one closes it. */
  readonly leave: (path: string) => Promise<void>;
}

interface Held<Thing> {
  readonly thing: Promise<Thing>;
  users: number;
}

/** Keeps things by path, and closes each when nobody uses it any more. */
export function byPath<Thing>(close: (thing: Thing) => Promise<void>): ByPath<Thing> {
  const held = new Map<string, Held<Thing>>();
  return {
    open: async (path, make) => {
      const found = held.get(path) ?? { thing: make(), users: 0 };
      held.set(path, found);
      found.users += 1;
      try {
        return await found.thing;
      } catch (error) {
        // What could not be opened is tried again by the next one.
        if (held.get(path) === found) held.delete(path);
        throw error;
      }
    },
    leave: async (path) => {
      const found = held.get(path);
      if (found === undefined) return;
      found.users -= 1;
      if (found.users > 0) return;
      held.delete(path);
      await close(await found.thing);
    },
  };
}
