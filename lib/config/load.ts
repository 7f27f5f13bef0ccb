import { existsSync, readFileSync } from "node:fs";
import { hostname } from "node:os";
import { dirname, relative, resolve } from "node:path";
import type { z } from "zod";
import { Failure, reasonOf } from "../failure.ts";
import { hostName } from "../schema/names.ts";
import type { SharedSettings } from "./settings.ts";
import { parseYaml } from "../schema/yaml.ts";

/** Where a configuration file is looked for, the first that is there. */
const PLACES = ["skein.yaml", ".skein/skein.yaml", "/etc/skein/skein.yaml"] as const;

/**
 * Finds the configuration file: the one that was named, that of SKEIN_CONFIG, or the first of the usual places.
 * @throws {Failure} CONFIG_MISSING
 */
export function findConfig(named: string | undefined, directory = process.cwd()): string {
  const wanted = named ?? process.env["SKEIN_CONFIG"];
  const found =
    wanted === undefined
      ? PLACES.map((place) => resolve(directory, place)).find(existsSync)
      : resolve(directory, wanted);
  if (found !== undefined && existsSync(found)) return found;
  throw new Failure(
    "CONFIG_MISSING",
    wanted === undefined
      ? `Cannot find a configuration in ${directory}: there is no ${PLACES.join(", no ")}`
      : `Cannot find a configuration: ${wanted} is not there`,
  );
}

/**
 * Reads a configuration file, checks it against a schema, and makes its paths absolute.
 * @throws {Failure} CONFIG_INVALID, listing everything that is wrong at once
 */
export function loadConfig<Schema extends z.ZodType<SharedSettings>>(
  file: string,
  schema: Schema,
): z.infer<Schema> {
  const settings = parseYaml(readText(file), schema, relative(process.cwd(), file) || file);
  return { ...settings, ...absolute(settings, dirname(file)) };
}

function readText(file: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(readFileSync(file));
  } catch (cause) {
    throw new Failure("CONFIG_INVALID", `Cannot read ${file}: ${reasonOf(cause)}`, { cause });
  }
}

function absolute(
  { state, repositories, stores, apps }: SharedSettings,
  directory: string,
): Partial<SharedSettings> {
  const local = (path: string) => (/^(\/|\.\.?\/)/.test(path) ? resolve(directory, path) : path);
  return {
    state: resolve(directory, process.env["SKEIN_STATE"] ?? state),
    repositories: mapValues(repositories, (each) => ({ ...each, url: local(each.url) })),
    stores: mapValues(stores, (each) =>
      each.folder === undefined ? each : { ...each, folder: resolve(directory, each.folder) },
    ),
    apps: mapValues(apps, (each) => ({ ...each, root: resolve(directory, each.root) })),
  };
}

function mapValues<Key extends string, Value>(
  record: Readonly<Record<Key, Value>>,
  change: (value: Value) => Value,
): Record<Key, Value> {
  return Object.fromEntries(
    Object.entries<Value>(record).map(([key, value]) => [key, change(value)]),
  ) as Record<Key, Value>;
}

/** The name of this host: as configured, or the machine's own. */
export function hostOfMachine(settings: SharedSettings): z.infer<typeof hostName> {
  return settings.host ?? hostName.catch(hostName.parse("localhost")).parse(hostname());
}
