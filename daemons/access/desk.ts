import { createHash } from "node:crypto";
import { join } from "node:path";
import type { Context, Surroundings } from "../../lib/daemon/define.ts";
import { openRecords, type Records } from "../../lib/effects/records.ts";
import { type BackOff, backOff } from "../../lib/pace/back-off.ts";
import { type Turn, turns } from "../../lib/pace/turns.ts";
import { siteName, type SiteName } from "../../lib/schema/names.ts";
import { ReplayJournal } from "../../lib/security/replay.ts";
import { type TrustSource, trustFolder } from "../../lib/security/trust.ts";
import type { AccessConfig } from "./config.ts";
import { login, type Login } from "./login.ts";

/** What the daemon works with. */
export interface Desk {
  readonly trust: TrustSource;
  readonly replay: ReplayJournal;
  /** Who is to be let in where, on disk. */
  readonly logins: Records<Login>;
  /** What each site's server was last told of: how the site was configured, and with which file. */
  readonly known: Map<SiteName, string>;
  /** Sites whose server cannot be told just now. */
  readonly trouble: BackOff<SiteName>;
  /** One change at a time: two would read and write the same file. */
  readonly turn: Turn;
  /** What was not said of the older kit's messages lately. */
  readonly complaints: { last: number; unsaid: number };
}

export type Here = Context<AccessConfig, Desk>;

/** Sooner and later tries of a site whose server could not be told, in milliseconds. */
const RETRY = { first: 2_000, most: 300_000 };

/** Opens the desk of a host. */
export async function openDesk(config: AccessConfig, { settings, log }: Surroundings): Promise<Desk> {
  const folder = join(settings.state, "access");
  const damaged = (file: string) => log.error({ file }, `a login cannot be read, and was put aside: ${file}`);
  return {
    trust: trustFolder(config.trust ?? join(settings.state, "trust")),
    logins: await openRecords(join(folder, "logins"), login, damaged),
    replay: new ReplayJournal(join(folder, "commands")),
    known: new Map(),
    trouble: backOff(Array.of<SiteName>(), RETRY),
    turn: turns(),
    complaints: { last: Number.NEGATIVE_INFINITY, unsaid: 0 },
  };
}

/** Every login at a site that is written down. */
export const loginsAt = (name: SiteName, { deps }: Here): Login[] =>
  [...deps.logins.all.values()].filter(({ site }) => site === name);

/** The sites of this host. */
export const siteNames = ({ config }: Here): SiteName[] =>
  Object.keys(config.sites).map((name) => siteName.parse(name));

/** What tells two texts apart. */
export const digestOf = (text: string): string => createHash("sha256").update(text).digest("hex");
