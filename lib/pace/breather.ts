/** As long as this a loop may hold up everything else of the process, in milliseconds. */
const TURN = 8;

/**
 * Lets a long loop take turns with what else waits: asked after each round, it answers with a promise where the loop
 * has had its time, and with nothing otherwise.
 */
export function breather(turn = TURN): () => Promise<void> | undefined {
  let until = performance.now() + turn;
  return () => {
    if (performance.now() < until) return undefined;
    return new Promise((resolve) =>
      setImmediate(() => {
        until = performance.now() + turn;
        resolve();
      }),
    );
  };
}
