import type { App } from "../lib/config/apps.ts";
import type { Mirrors } from "../lib/effects/git.ts";
import type { Http } from "../lib/effects/http.ts";
import type { Log } from "../lib/log.ts";
import type { Message } from "../lib/messages/catalogue.ts";
import type { AppName, HostName } from "../lib/schema/names.ts";
import type { AppLock } from "./app-lock.ts";
import type { AgentConfig } from "./config.ts";
import type { Carrier, Layout } from "./layout.ts";
import type { Request } from "./request.ts";

/** An app on this host, with what the configuration says of it now. */
export interface Carried extends Carrier {
  readonly name: AppName;
  readonly app: App;
  readonly host: HostName;
  readonly layout: Layout;
}

/** What steps reach the world with. */
export interface Tools {
  readonly config: AgentConfig;
  readonly mirrors: Mirrors;
  readonly http: Http;
  readonly log: Log;
  readonly now: () => Date;
}

/** The parts of a deploy: each has a plan of its own, and ends before the next begins. */
export const parts = ["prepare", "go", "back", "revert", "abort"] as const;
export type Part = (typeof parts)[number];

/** Everything that a step may touch while it is performed. */
export interface Work extends Carried, Tools {
  readonly part: Part;
  readonly request: Request;
  readonly lock: AppLock;
  readonly say: (message: Message) => void;
  /** Aborted when the agent leaves: what runs apart from it goes on, everything else is done again. */
  readonly signal: AbortSignal;
}
