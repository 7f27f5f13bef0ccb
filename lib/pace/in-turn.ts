/** Work on things that only one at a time may work on: each run waits for the one before it on the same thing. */
export function inTurn<Key>(): <Result>(key: Key, work: () => Promise<Result>) => Promise<Result> {
  const last = new Map<Key, Promise<unknown>>();
  return (key, work) => {
    const run = (last.get(key) ?? Promise.resolve()).then(work, work);
    last.set(key, run);
    const ended = () => {
      if (last.get(key) === run) last.delete(key);
    };
    run.then(ended, ended);
    return run;
  };
}
