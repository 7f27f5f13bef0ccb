import { z } from "zod";
import type { Context } from "../../lib/daemon/define.ts";
import type { PushSpool } from "../../lib/effects/push-spool.ts";
import { message, type Message } from "../../lib/messages/catalogue.ts";
import { safeText } from "../../lib/safe-text.ts";
import type { RepositoryName } from "../../lib/schema/names.ts";
import { duration } from "../../lib/schema/quantities.ts";
import type { Known } from "./known.ts";

export const settings = z.strictObject({
  spool: z
    .string()
    .min(1)
    .default("spool/announce")
    .describe("The folder that the hooks write to. A relative path is taken from the state folder."),
  poll: duration
    .prefault("5s")
    .describe("How often the spool is looked at, where the system does not tell of new files."),
  sweep: duration
    .prefault("1m")
    .describe(
      "How often each repository that has the hook is compared with what was announced of it, so that what no hook told of is announced as well.",
    ),
});
type Settings = z.infer<typeof settings>;

/** What the announcer works with. */
export interface Deps {
  readonly spool: PushSpool;
  /** Opened when it is first asked for: by then nobody writes to it any more who was here before. */
  readonly known: () => Promise<Known>;
  /** Where hooks found repositories that the configuration knows by an address. */
  readonly places: Map<RepositoryName, string>;
  readonly sweeping: {
    /** When the repositories are to be looked at, in milliseconds. */
    due: number;
    /** Those that could not be: each is complained of once. */
    readonly troubled: Set<RepositoryName>;
  };
}

export type Surrounded = Context<Settings, Deps>;

/** What is said to people of a ref that is not announced. */
export function unannounced(repository: RepositoryName, what: string, why: string, at: Date): Message {
  const text = `[${repository}] ${safeText(what).slice(0, 300)} is not announced: ${why}`;
  return message("event.said", { source: "announcer", text, at: at.toISOString() });
}
