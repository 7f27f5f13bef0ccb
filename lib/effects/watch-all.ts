import type { Watch } from "./watch.ts";

/** Waits for something to happen in one of several places. */
export async function waitForAny(
  watches: readonly Watch[],
  most: number,
  signal: AbortSignal,
): Promise<void> {
  const ending = new AbortController();
  const end = () => ending.abort();
  signal.addEventListener("abort", end, { once: true });
  if (signal.aborted) end();
  const waits = watches.map((each) => each.wait(most, ending.signal));
  await Promise.race(waits);
  end();
  await Promise.all(waits);
  signal.removeEventListener("abort", end);
}
