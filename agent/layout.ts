import { join } from "node:path";
import { type AppFacts, fill } from "../lib/config/app/text.ts";
import type { App } from "../lib/config/apps.ts";
import { Failure } from "../lib/failure.ts";
import type { AppName, HostName, ReleaseName } from "../lib/schema/names.ts";

/** Where everything of one app is on a host. */
export interface Layout {
  readonly root: string;
  readonly releases: string;
  readonly current: string;
  readonly shared: string;
  /** What the agent keeps to itself. */
  readonly own: string;
  readonly journal: string;
  readonly lock: string;
  readonly manifest: string;
  readonly history: string;
  readonly jobs: string;
  /** What was written into each release. */
  readonly records: string;
  /** Archives, by their digest. */
  readonly downloads: string;
}

/** The folders and files of an app below its root. */
export function layoutOf(root: string): Layout {
  const own = join(root, ".skein");
  return {
    root,
    releases: join(root, "releases"),
    current: join(root, "current"),
    shared: join(root, "shared"),
    own,
    journal: join(own, "journal"),
    lock: join(own, "lock"),
    manifest: join(own, "manifest.json"),
    history: join(own, "history"),
    jobs: join(own, "jobs"),
    records: join(own, "files"),
    downloads: join(own, "downloads"),
  };
}

/** The folder of a release. */
export const releasePath = (layout: Layout, release: ReleaseName): string => join(layout.releases, release);

/** The file that says what was written into a release. */
export const recordPath = (layout: Layout, release: ReleaseName): string => join(layout.records, release);

/** The host that an app is carried by, as far as its configuration speaks of it. */
export interface Carrier {
  readonly host: HostName;
  readonly labels: Readonly<Record<string, string>>;
}

/** What the texts of an app are filled in with. */
export const factsFor = (name: AppName, app: App, { host, labels }: Carrier): AppFacts => ({
  host,
  labels,
  app: name,
  environment: app.environment,
});

/**
 * The folder of an app on a host.
 * @throws {Failure} CONFIG_INVALID where it names a label that the host lacks
 */
export function rootOf(name: AppName, app: App, carrier: Carrier): string {
  const root = fill(app.root, factsFor(name, app, carrier));
  const missing = /\{[^}]*\}/.exec(root)?.[0];
  if (missing === undefined) return root;
  throw new Failure("CONFIG_INVALID", `Cannot place ${name} on ${carrier.host}: it has no ${missing}`);
}
