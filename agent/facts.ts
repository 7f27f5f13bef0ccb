import { arch, availableParallelism, hostname, networkInterfaces, release, totalmem, type } from "node:os";
import { type FactText, factFile, factFilesIn } from "../lib/effects/fact-files.ts";
import { readIfThere } from "../lib/effects/files.ts";
import { reasonOf } from "../lib/failure.ts";
import type { Log } from "../lib/log.ts";
import type { FactsConfig } from "./config.ts";
import { type Facts, readFacts } from "./fact-text.ts";

/** What is known of a host, beside its labels. */
export interface Known {
  readonly facts: Facts;
  readonly classes: readonly string[];
}

/** What is known of this host: looked up again now and then, without anybody waiting for it. */
export interface FactSource {
  readonly current: () => Known;
}

/** As many bytes of names and values go into one message. */
const MOST_BYTES = 64 * 1024;
const MOST_CLASSES = 1_000;
const CLASS = /^[A-Za-z0-9_:.-]{1,253}$/;

/** Looks everything up, and goes on to. */
export async function openFacts(config: FactsConfig, log: Log): Promise<FactSource> {
  let known = await lookUp(config, log);
  let at = Date.now();
  let looking = false;
  return {
    current: () => {
      if (!looking && Date.now() - at >= config.refresh) {
        looking = true;
        void lookUp(config, log)
          .then((found) => (known = found))
          .catch((error: unknown) => log.warn({ error }, `facts stay as they were: ${reasonOf(error)}`))
          .finally(() => ([at, looking] = [Date.now(), false]));
      }
      return known;
    },
  };
}

/** Of two that say something of one name, the later one holds: the machine, files in their order, folders by the order of names. */
async function lookUp(config: FactsConfig, log: Log): Promise<Known> {
  const { files, folders, timeout } = config;
  const said = await Promise.all([
    ...files.map(async (path) => [await factFile(path, timeout)]),
    ...folders.map((path) => factFilesIn(path, timeout)),
  ]);
  const facts = said
    .flat()
    .reduce<Facts>((all, each) => ({ ...all, ...factsOf(each, log) }), await machineFacts());
  return { facts: within(MOST_BYTES, facts, log), classes: await classesIn(config.classes, timeout, log) };
}

function factsOf(said: FactText, log: Log): Facts {
  try {
    if ("trouble" in said) throw new Error(said.trouble);
    return readFacts(said.path, said.text, said.printed);
  } catch (error) {
    log.warn({ path: said.path }, `the facts of ${said.path} are left out: ${reasonOf(error)}`);
    return {};
  }
}

function within(most: number, facts: Facts, log: Log): Facts {
  const kept: [string, string][] = [];
  let size = 0;
  for (const [name, value] of Object.entries(facts)) {
    size += name.length + Buffer.byteLength(value);
    if (size <= most) kept.push([name, value]);
  }
  if (size > most)
    log.warn({ size }, `facts are left out: all of them come to ${size} bytes, and ${most} are told`);
  return Object.fromEntries(kept);
}

/** The classes of a configuration management, one in a line, as Puppet writes them. */
async function classesIn(paths: readonly string[], timeout: number, log: Log): Promise<readonly string[]> {
  const said = await Promise.all(paths.map((path) => factFile(path, timeout)));
  const classes = said.flatMap((each) => {
    if ("text" in each) return each.text.split("\n").map((line) => line.trim());
    log.warn({ path: each.path }, `the classes of ${each.path} are left out: ${each.trouble}`);
    return [];
  });
  return [...new Set(classes.filter((name) => CLASS.test(name)))].slice(0, MOST_CLASSES);
}

/** What a machine says of itself. */
export async function machineFacts(): Promise<Facts> {
  const about = (await readIfThere("/etc/os-release")) ?? "";
  const of = (key: string) => new RegExp(`^${key}="?([^"\\n]{1,200})`, "m").exec(about)?.[1];
  const addresses = Object.values(networkInterfaces())
    .flatMap((each) => each ?? [])
    .filter(({ internal, scopeid }) => !internal && (scopeid ?? 0) === 0)
    .map(({ address }) => address);
  return {
    os: of("PRETTY_NAME") ?? type(),
    "os.name": of("ID") ?? type().toLowerCase(),
    "os.version": of("VERSION_ID") ?? "",
    kernel: `${type()} ${release()}`,
    arch: arch(),
    hostname: hostname(),
    processors: String(availableParallelism()),
    memory: String(Math.round(totalmem() / 2 ** 20)),
    addresses: addresses.join(",").slice(0, 1_000),
    node: process.version,
  };
}
