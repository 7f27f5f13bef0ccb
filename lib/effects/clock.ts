/** The longest time that a timer can be set to; a longer one would fire at once. */
export const LONGEST = 2 ** 31 - 1;

/**
 * Looks until something is so, once at least, and says whether it came to be: not once so many milliseconds have passed, nor once
 * the signal has come.
 */
export async function comesTrue(
  look: () => Promise<boolean>,
  {
    within,
    interval,
    signal,
  }: { readonly within: number; readonly interval: number; readonly signal?: AbortSignal | undefined },
): Promise<boolean> {
  const end = performance.now() + within;
  do {
    if (await look()) return true;
    await pause(interval, signal);
  } while (performance.now() < end && signal?.aborted !== true);
  return false;
}

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
