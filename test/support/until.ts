/** How often a condition is looked at, in milliseconds. */
const INTERVAL = 25;

/**
 * Waits until a look finds something: anything but `undefined` and `false`. A look that throws has found nothing yet.
 * @throws {Error} once the deadline has passed, with what the last look saw
 */
export async function until<Found>(
  what: string,
  look: () => Found | undefined | false | Promise<Found | undefined | false>,
  deadline = 20_000,
): Promise<Found> {
  const end = Date.now() + deadline;
  let trouble: unknown;
  for (;;) {
    try {
      const found = await look();
      if (found !== undefined && found !== false) return found;
      trouble = undefined;
    } catch (error) {
      trouble = error;
    }
    if (Date.now() > end) break;
    await new Promise((resolve) => setTimeout(resolve, INTERVAL));
  }
  throw new Error(`Not within ${deadline / 1_000} s: ${what}`, { cause: trouble });
}
