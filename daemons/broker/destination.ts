import { ProtocolError, quoted } from "./protocol-error.ts";

/** Where messages are sent to, or a pattern of topics that a subscription listens to. */
export interface Destination {
  readonly kind: "topic" | "queue";
  /** As it stands in frames, such as `/topic/skein.deploys`. */
  readonly name: string;
  readonly words: readonly string[];
  readonly pattern: boolean;
}

const WORD = "[A-Za-z0-9_:@%+~$-]+";
const FORM = new RegExp(String.raw`^/(topic|queue)/((?:${WORD}|\*)(?:\.(?:${WORD}|\*))*(?:\.[#>])?|[#>])$`);
const LONGEST = 255;

/** Stands for exactly one word of a topic. */
export const ONE = "*";

/** Whether a word stands for all further words, if any: `#` as RabbitMQ writes it, `>` as ActiveMQ does. */
export const isRest = (word: string): boolean => word === "#" || word === ">";

/** Those that were read lately: most messages go to the same few. */
const known = new Map<string, Destination>();
const MOST_KNOWN = 1_000;

/** Reads a destination header: words joined by dots below `/topic/` or `/queue/`, which mean the same on every broker. */
export function readDestination(name: string): Destination {
  const former = known.get(name);
  if (former !== undefined) return former;
  const destination = parse(name);
  if (known.size >= MOST_KNOWN) known.clear();
  known.set(name, destination);
  return destination;
}

function parse(name: string): Destination {
  const [, kind, path = ""] = (name.length <= LONGEST && FORM.exec(name)) || [];
  if (kind !== "topic" && kind !== "queue") {
    throw new ProtocolError(
      `${quoted(name)} is not a destination such as /topic/some.name or /queue/some.name`,
    );
  }
  const words = path.split(".");
  const pattern = words.some((word) => word === ONE || isRest(word));
  return { kind, name, words, pattern };
}

/** Whether everything that one pattern means lies within another: what a permission for it allows. */
export function covers(wide: Destination, narrow: Destination): boolean {
  if (wide.kind !== narrow.kind) return false;
  const end = wide.words.findIndex(isRest);
  const fixed = end === -1 ? wide.words : wide.words.slice(0, end);
  const lengthFits = end === -1 ? narrow.words.length === fixed.length : narrow.words.length >= fixed.length;
  return (
    lengthFits &&
    fixed.every((word, index) => {
      const asked = narrow.words[index] ?? "#";
      return !isRest(asked) && (word === ONE || word === asked);
    })
  );
}
