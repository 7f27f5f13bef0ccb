import type { Argv } from "yargs";
import { type HostFilter, hostFilter } from "../lib/schema/filter.ts";
import { parsed } from "./parsed.ts";

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
