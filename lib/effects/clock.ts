/** The longest time that a timer can be set to; a longer one would fire at once. */
export const LONGEST = 2 ** 31 - 1;

/** Waits; shorter where the signal comes first. Never rejects. */
export function pause(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, Math.min(milliseconds, LONGEST));
    signal?.addEventListener("abort", done, { once: true });
    if (signal?.aborted === true) done();
  });
}
