import type { Argv } from "yargs";
import type { App } from "../lib/config/apps.ts";
import { type HostFilter, hostFilter } from "../lib/schema/filter.ts";
import { type AppName, appName } from "../lib/schema/names.ts";
import type { CommonArguments } from "./command.ts";
import { appOf } from "./launch.ts";
import { parsed } from "./parsed.ts";
import type { Settings } from "./settings.ts";

/** How hosts are named: by a filter, or as the older kit did, where all that is said has to fit. */
export const hostOptions = <Others>(yargs: Argv<Others>) =>
  yargs
    .option("hosts", { type: "string", describe: "Only hosts that fit this filter" })
    .option("I", {
      type: "string",
      array: true,
      nargs: 1,
      describe: "Only hosts whose name fits this pattern, or /expression/",
    })
    .option("F", {
      type: "string",
      array: true,
      nargs: 1,
      describe: "Only hosts with this label or fact: NAME=VALUE",
    })
    .option("C", { type: "string", array: true, nargs: 1, describe: "Only hosts with this class" })
    .option("S", { type: "string", array: true, nargs: 1, describe: "Only hosts that fit this filter, too" });

/** What was said of hosts on the command line. */
export interface HostWords {
  readonly hosts?: string | undefined;
  readonly I?: readonly string[] | undefined;
  readonly F?: readonly string[] | undefined;
  readonly C?: readonly string[] | undefined;
  readonly S?: readonly string[] | undefined;
}

/**
 * The filter that a person named hosts by; undefined for all of them.
 * @throws {Failure} NAME_INVALID
 */
export function filterOf({ hosts, I = [], F = [], C = [], S = [] }: HostWords): HostFilter | undefined {
  const read = (option: string, words: readonly string[]) =>
    words.map((word) => parsed(hostFilter, word, option));
  const filters = [
    ...read("--hosts", hosts === undefined ? [] : [hosts]),
    ...read("-I", I),
    ...read("-F", F),
    ...read(
      "-C",
      C.map((word) => `class=${word}`),
    ),
    ...read("-S", S),
  ];
  return filters.length === 0 ? undefined : joined(filters);
}

const joined = (filters: readonly HostFilter[]): HostFilter =>
  hostFilter.parse(filters.length === 1 ? filters[0] : filters.map((each) => `(${each})`).join(" and "));

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
