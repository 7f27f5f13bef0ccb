/** Whether a destination is a queue, where each message goes to one taker, rather than a topic. */
export const isQueue = (destination: string): boolean => destination.startsWith("/queue/");

/** Whether a destination fits a pattern: `*` stands for one word, `>` or `#` at the end for any number of them. */
export function matches(pattern: string, destination: string): boolean {
  const wanted = parts(pattern);
  const given = parts(destination);
  const open = /^[>#]$/.test(wanted.words.at(-1) ?? "");
  const fixed = open ? wanted.words.slice(0, -1) : wanted.words;
  return (
    wanted.prefix === given.prefix &&
    (open ? given.words.length >= fixed.length : given.words.length === fixed.length) &&
    fixed.every((word, index) => word === "*" || word === given.words[index])
  );
}

/** A pattern with its open end written as one kind of broker wants it. */
export const withRest = (pattern: string, rest: ">" | "#"): string => pattern.replace(/(?<=[./])[>#]$/, rest);

function parts(destination: string): { readonly prefix: string; readonly words: readonly string[] } {
  const end = destination.indexOf("/", 1) + 1;
  return { prefix: destination.slice(0, end), words: destination.slice(end).split(".") };
}
