import { z } from "zod";

/** One line of what an engine says while it works. */
const line = z.object({
  stream: z.string().optional(),
  error: z.string().optional(),
  errorDetail: z.object({ message: z.string().optional() }).optional(),
});

const MOST_LINE = 64 * 1024;
const MOST_LINES = 100;
const MOST_TEXT = 2_000;

/** Reads what an engine says, line by line of JSON, whatever its length: the last lines of it, and what went wrong. */
export interface Said {
  readonly add: (chunk: Buffer) => void;
  /** What was said, and the first error; a line that is none of ours says nothing. */
  readonly end: () => { readonly lines: readonly string[]; readonly error: string | undefined };
}

/** Nothing was said yet. */
export function openSaid(): Said {
  const lines: string[] = [];
  let [rest, error, tooLong]: [string, string | undefined, boolean] = ["", undefined, false];
  const take = (text: string) => {
    const said = line.safeParse(parsed(text)).data;
    error ??= (said?.errorDetail?.message ?? said?.error)?.slice(0, MOST_TEXT);
    if (said?.stream === undefined) return;
    lines.push(said.stream.slice(0, MOST_TEXT));
    if (lines.length > MOST_LINES) lines.shift();
  };
  const finish = () => {
    if (!tooLong) take(rest);
    [rest, tooLong] = ["", false];
  };
  return {
    add: (chunk) => {
      const [first = "", ...others] = chunk.toString("utf8").split("\n");
      for (const [index, part] of [first, ...others].entries()) {
        if (index > 0) finish();
        tooLong ||= rest.length + part.length > MOST_LINE;
        rest = tooLong ? "" : rest + part;
      }
    },
    end: () => {
      finish();
      return { lines, error };
    },
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The text of a container's log: what came on standard output and standard error lies in frames, each with a header of eight bytes. */
export function textOfLog(bytes: Buffer): string {
  const texts: Buffer[] = [];
  let at = 0;
  while (at + 8 <= bytes.length) {
    // With a terminal there are no frames.
    if (bytes.readUInt32BE(at) > 0x0200_0000 || (bytes.readUInt32BE(at) & 0xff_ffff) !== 0)
      return bytes.toString("utf8");
    const length = bytes.readUInt32BE(at + 4);
    texts.push(bytes.subarray(at + 8, at + 8 + length));
    at += 8 + length;
  }
  return at === 0 ? bytes.toString("utf8") : Buffer.concat(texts).toString("utf8");
}
