/** A line of IRC, in parts (RFC 2812, 2.3.1). */
export interface IrcLine {
  /** The nick or the server that it comes from. */
  readonly from: string;
  readonly command: string;
  readonly parameters: readonly string[];
}

const LINE = /^(?:@\S* +)?(?::([^ !@]*)(?:[!@]\S*)? +)?([A-Za-z]+|\d{3})((?: +[^: ][^ ]*)*)(?: +:(.*))? *$/s;

/** Reads a line, without its end; undefined where it is none. */
export function readIrcLine(line: string): IrcLine | undefined {
  const found = LINE.exec(line);
  if (found === null) return undefined;
  const [, from = "", command = "", middle = "", trailing] = found;
  const words = middle.split(" ").filter((word) => word !== "");
  return {
    from,
    command: command.toUpperCase(),
    parameters: trailing === undefined ? words : [...words, trailing],
  };
}

/** Writes a line. A line end in a parameter would begin another command: it and NUL become spaces. */
export function ircLine(command: string, ...parameters: readonly string[]): string {
  const safe = parameters.map((each) => each.replace(/[\r\n\0]+/g, " "));
  const last = safe.pop();
  return [command, ...safe, ...(last === undefined ? [] : [`:${last}`])].join(" ");
}

/** What a server may put before a line that it passes on: `:NICK!USER@HOST `, each as long as it may be. */
const PREFIX = 1 + 30 + 1 + 11 + 1 + 63 + 1;
const MOST_BYTES = 512 - 2;

/** Cuts text into pieces that fit a PRIVMSG to a target, between words where it can; at most so many. */
export function ircPieces(target: string, text: string, most: number): string[] {
  const room = MOST_BYTES - PREFIX - Buffer.byteLength(`PRIVMSG ${target} :`);
  const pieces = text
    .split("\n")
    .filter((line) => line.trim() !== "")
    .flatMap((line) => cut(line, room));
  return pieces.length <= most
    ? pieces
    : [...pieces.slice(0, most - 1), `(and ${pieces.length - most + 1} more lines)`];
}

function cut(line: string, room: number): string[] {
  const pieces: string[] = [];
  let piece = "";
  let size = 0;
  for (const character of line) {
    const bytes = Buffer.byteLength(character);
    if (size + bytes > room) {
      const space = piece.lastIndexOf(" ");
      const end = space > piece.length / 2 ? space : piece.length;
      pieces.push(piece.slice(0, end));
      piece = piece.slice(end).trimStart();
      size = Buffer.byteLength(piece);
    }
    piece += character;
    size += bytes;
  }
  return piece === "" ? pieces : [...pieces, piece];
}
