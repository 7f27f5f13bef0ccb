import { z } from "zod";
import type { AnyRevision, BuildId, ProjectName, RefName, RepositoryName } from "../../schema/names.ts";
import type { Secret } from "../../schema/secret.ts";

/** Where on a server a build takes place. */
export interface Place {
  /** The job, as the server names it; `{branch}` in it is filled in, in the way in which the server names branches. */
  readonly job: string;
  readonly ref: RefName;
}

/** A build as a server is asked for it. */
export interface Order extends Place {
  readonly build: BuildId;
  readonly repository: RepositoryName;
  readonly project?: ProjectName | undefined;
  readonly revision: AnyRevision;
  /** When it was first wanted, in milliseconds: what began long before cannot be it. */
  readonly wanted: number;
  readonly parameters: Readonly<Record<string, string>>;
  /** What lets this one job be started, where the server has no user for us. */
  readonly token?: Secret | undefined;
  /** Where the server may tell how the build goes, and what it shows that it is the one that was asked. */
  readonly callback?: { readonly url: string; readonly token: string } | undefined;
}

/** What a server calls a build. It is kept on disk, and means something to the driver that gave it. */
export const handle = z.strictObject({
  /** While it waits. */
  item: z.string().max(300).optional(),
  /** Once it runs. */
  run: z.string().max(300).optional(),
});
export type Handle = z.infer<typeof handle>;

/** What a build came to. Only `passed` is a success; whether `unstable` counts as one is for the configuration to say. */
export const results = ["passed", "unstable", "failed", "errored", "cancelled"] as const;
export type Result = (typeof results)[number];

/** How far a build is. */
export type Progress =
  | { readonly state: "queued"; readonly handle: Handle; readonly why?: string }
  | { readonly state: "running"; readonly handle: Handle; readonly url?: string | undefined }
  | Ended
  /** The server knows nothing of it (any more). */
  | { readonly state: "lost" };

interface Ended {
  readonly state: "ended";
  readonly handle: Handle;
  readonly url?: string | undefined;
  readonly result: Result;
  /** What the server says of the result, for people. */
  readonly reason?: string | undefined;
  /** The commits that it built, where the server tells. */
  readonly revisions: readonly string[];
}

/** Some of what a build printed. */
export interface Printed {
  readonly text: string;
  /** Where to go on. */
  readonly from: string;
  /** Whether there was more at once than is taken: what is left out lies before `from`. */
  readonly cut: boolean;
}

/** What a build was made of, as its server says: the commits, and the branch that each was taken from. */
export interface Source {
  readonly revision: string;
  /** Its short name. */
  readonly branch?: string | undefined;
}

/**
 * A CI server. Whatever it answers is looked at: what is no success is thrown as a Failure with a code of its own, transient
 * where another try may succeed.
 */
export interface CiServer {
  /** Asks for a build, once. Who does not learn whether it came to that looks with `locate` before asking again. */
  trigger(order: Order): Promise<Handle>;
  /** Looks for a build that was perhaps asked for; undefined where there is none, or where the server cannot tell. */
  locate(order: Order): Promise<Handle | undefined>;
  poll(handle: Handle, place: Place): Promise<Progress>;
  /** What it was made of; nothing where the server does not tell. */
  sources(handle: Handle, place: Place): Promise<readonly Source[]>;
  /** Asks for its end. That it has ended is seen by `poll`. */
  cancel(handle: Handle, place: Place): Promise<void>;
  /** What it printed, from a position on: the empty one is the start. */
  log(handle: Handle, place: Place, from: string): Promise<Printed>;
}

/** A tolerant reading of what a build is shown with: an address for people, or nothing. */
export function shownAt(url: unknown): string | undefined {
  if (typeof url !== "string" || url.length > 2_000 || !URL.canParse(url)) return undefined;
  const { protocol, username, password } = new URL(url);
  return /^https?:$/.test(protocol) && username === "" && password === "" ? url : undefined;
}
