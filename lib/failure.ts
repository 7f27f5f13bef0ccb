import { type Code, codes } from "./codes.ts";

interface Circumstances {
  /** What happened below. */
  readonly cause?: unknown;
  /** Whether trying again later may succeed; otherwise the failure is permanent. */
  readonly transient?: boolean;
}

/** An error that says what was attempted, with a stable code, and whether it may pass by itself. */
export class Failure extends Error {
  override readonly name = "Failure";
  readonly code: Code;
  readonly transient: boolean;

  constructor(code: Code, message: string, { cause, transient = false }: Circumstances = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.transient = transient;
  }

  /** What a person can do about it. */
  get advice(): string {
    return codes[this.code][1];
  }
}

/** What an unknown thrown value says, in one line. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The stable code of a thrown value, where it has one. */
export function codeOf(error: unknown): Code | undefined {
  return error instanceof Failure ? error.code : undefined;
}
