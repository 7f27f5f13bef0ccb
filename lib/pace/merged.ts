/**
 * What several generators give, as it comes. Each goes on only after what it gave was taken; all have come to an end, or to
 * a halt, before this ends.
 */
export async function* merged<Item>(sources: Iterable<AsyncGenerator<Item>>): AsyncGenerator<Item> {
  const next = async (source: AsyncGenerator<Item>) => ({ source, result: await source.next() });
  const pending = new Map([...sources].map((source) => [source, next(source)]));
  try {
    while (pending.size > 0) {
      const { source, result } = await Promise.race(pending.values());
      if (result.done === true) pending.delete(source);
      else {
        yield result.value;
        pending.set(source, next(source));
      }
    }
  } finally {
    // What is still under way must not go on beside whatever comes after this.
    await Promise.allSettled([
      ...pending.values(),
      ...[...pending.keys()].map((source) => source.return(undefined)),
    ]);
  }
}
