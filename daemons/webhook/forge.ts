import type { Asked } from "../../lib/effects/http-server.ts";
import type { Secret } from "../../lib/schema/secret.ts";

/** One commit, as a forge tells of it. */
export interface ToldCommit {
  readonly id: string;
  readonly author: { readonly name: string; readonly email: string };
  /** When it was made; undefined where what the forge says is no date. */
  readonly at: Date | undefined;
  readonly message: string;
}

/** One ref that moved, as a forge tells of it: nothing in it has been checked yet. */
export interface Moved {
  /** In full, such as refs/heads/main. */
  readonly ref: string;
  /** Only zeros where the ref was, or is, not there. */
  readonly before: string;
  readonly after: string;
  readonly forced: boolean;
  readonly commits: readonly ToldCommit[];
  /** How many commits came, listed or not. */
  readonly total: number;
}

/** What one delivery tells. */
export interface Told {
  /** The name that the forge has for the repository, such as team/site; undefined where it tells none. */
  readonly repository: string | undefined;
  /** When it happened; undefined where the forge does not say. Then two events may be told in the same words. */
  readonly at?: Date | undefined;
  readonly pusher?: string | undefined;
  readonly moved: readonly Moved[];
  /** Lines for people. */
  readonly said: readonly string[];
}

/** Why a delivery leads to nothing. */
export interface Ignored {
  readonly ignored: string;
}

/** Why a request does not come from the forge; undefined where it does. */
export type Verify = (asked: Asked, secrets: readonly Secret[], now: Date) => string | undefined;

/** One kind of forge. */
export interface Forge {
  /** Where its repositories are fetched from, where there is one such place for all. */
  readonly host: string | undefined;
  /** The headers that name the event, the first that is there. */
  readonly event: readonly string[];
  /** The headers that name the delivery, the same when it is sent again; the first that is there. */
  readonly delivery: readonly string[];
  readonly verify: Verify;
  /**
   * What a payload tells.
   * @throws {z.ZodError} where it is not what this forge sends
   */
  readonly tell: (event: string, payload: unknown) => Told | Ignored;
}
