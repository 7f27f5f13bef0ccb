import type { Argv } from "yargs";
import type { App } from "../lib/config/apps.ts";
import type { HostFilter } from "../lib/schema/filter.ts";
import { type AppName, appName } from "../lib/schema/names.ts";
import type { CommonArguments } from "./command.ts";
import { filterOf, hostOptions, type HostWords } from "./host-options.ts";
import { appOf } from "./launch.ts";
import { parsed } from "./parsed.ts";
import type { Settings } from "./settings.ts";

/** The options of every command that begins a rollout. */
export const rolloutOptions = (yargs: Argv<CommonArguments>) =>
  hostOptions(yargs.positional("app", { type: "string", demandOption: true, describe: "The app" }))
    .option("canary", { type: "number", describe: "How many hosts go first, alone" })
    .option("why", { type: "string", default: "", describe: "For the history" })
    .option("dry-run", { type: "boolean", default: false, describe: "Show the plan, and change nothing" })
    .option("wait", { type: "boolean", default: true, describe: "Follow it to its end" })
    .option("key", { type: "string", describe: "The private key to sign with" });

/** What a person named on the command line: an app, and perhaps some of its hosts. */
interface Subject {
  readonly app: AppName;
  readonly configured: App;
  readonly filter: HostFilter | undefined;
}

/**
 * Reads which app a command is about, and which hosts.
 * @throws {Failure} NAME_INVALID or APP_UNKNOWN
 */
export function subjectOf(settings: Settings, said: HostWords & { readonly app: string }): Subject {
  const app = parsed(appName, said.app, "app");
  return { app, configured: appOf(settings, app), filter: filterOf(said) };
}
