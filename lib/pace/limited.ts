/** Lets so many runs of some work go on at once, whoever begins them; the others wait, in the order in which they came. */
export function limited<Input, Result>(
  count: number,
  work: (input: Input) => Promise<Result>,
): (input: Input) => Promise<Result> {
  const waiting: (() => void)[] = [];
  let free = count;
  return async (input) => {
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await work(input);
    } finally {
      const next = waiting.shift();
      if (next === undefined) free += 1;
      else next();
    }
  };
}
