interface Turn<Result> {
  readonly running: Promise<Result>;
  next?: Promise<Result>;
}

/**
 * Lets a burst of requests share their work: while one run is under way, all that come share the one after it, which sees
 * whatever made them come. The result goes to the first of those who share; the others get an empty list.
 */
export function coalesced<Key, Item>(work: (key: Key) => Promise<Item[]>): (key: Key) => Promise<Item[]> {
  const turns = new Map<Key, Turn<Item[]>>();
  const start = (key: Key): Promise<Item[]> => {
    const running = work(key);
    const turn: Turn<Item[]> = { running };
    turns.set(key, turn);
    const ended = () => {
      if (turn.next === undefined && turns.get(key) === turn) turns.delete(key);
    };
    running.then(ended, ended);
    return running;
  };
  return async (key) => {
    const turn = turns.get(key);
    if (turn === undefined) return start(key);
    if (turn.next !== undefined) return turn.next.then(() => []);
    turn.next = turn.running.then(
      () => start(key),
      () => start(key),
    );
    return turn.next;
  };
}
