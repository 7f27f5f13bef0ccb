/** Waits for one's turn, and gives what ends it. */
export type Turn = () => Promise<() => void>;

/** Lets one at a time work with what all share, in the order in which they came. */
export function turns(): Turn {
  let last = Promise.resolve();
  return async () => {
    const before = last;
    let done: () => void = () => undefined;
    last = new Promise((resolve) => (done = resolve));
    await before;
    return done;
  };
}
