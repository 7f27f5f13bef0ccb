/** What a client did wrong. It is answered with an ERROR frame, and the connection is closed (STOMP 1.2 "ERROR"). */
export class ProtocolError extends Error {
  override readonly name = "ProtocolError";
  /** What the ERROR frame says besides. */
  readonly headers: Readonly<Record<string, string>>;

  constructor(message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.headers = headers;
  }
}

const LONGEST = 80;

/** A client's own words, quoted back to it: whatever they were, this is plain text on one line. */
export function quoted(text: string): string {
  return `"${text.slice(0, LONGEST).replace(/[^ -~]|["\\]/g, "?")}"`;
}
