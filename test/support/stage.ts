import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { openSession, type Session } from "../../cli/session.ts";
import { aScript, type File } from "../agent/support/origin.ts";
import { aDeveloper, type Developer } from "./developer.ts";
import { openFront } from "./front.ts";
import { insistNothingRuns, killAllOf } from "./leftovers.ts";
import { linesOf, type OnDisk, onDisk } from "./on-disk.ts";
import { type Ran, type Running, runSkein, startSkein } from "./program.ts";

export const HOSTS = ["web1", "web2", "web3"] as const;
export type StageHost = (typeof HOSTS)[number];

/**
 * Everything that a system test stands on, all real: a central repository with the hook, a developer's clone, a
 * configuration with three hosts, and a web server that answers for each host.
 */
export interface Stage extends Developer {
  readonly folder: string;
  readonly central: string;
  readonly config: string;
  readonly state: string;
  readonly rootOf: (host: string, app?: string) => string;
  /** Writes another configuration beside the first, with these settings changed, and gives its path. */
  readonly variant: (name: string, changes: Readonly<Record<string, unknown>>) => string;
  /** Runs a command to its end. */
  readonly skein: (...words: string[]) => Promise<Ran>;
  readonly skeinWith: (input: string, ...words: string[]) => Promise<Ran>;
  /** Runs one with more in its environment. */
  readonly skeinIn: (more: Readonly<Record<string, string>>, ...words: string[]) => Promise<Ran>;
  /** Starts a command that stays. */
  readonly start: (...words: string[]) => Running;
  /** Installs the hook in the central repository. */
  readonly installHook: () => Promise<void>;
  /** Starts everything, and waits until it is ready. */
  readonly up: () => Promise<Running>;
  readonly session: () => Promise<Session>;
  readonly live: (host: StageHost, app?: string) => OnDisk | undefined;
  /** What is live everywhere, host by host. */
  readonly everywhere: (app?: string) => readonly (string | undefined)[];
  /** Which scripts ran on a host, for which revisions, the oldest first. */
  readonly ran: (host: StageHost, app?: string) => readonly string[];
  /** Kills whatever was started for this stage and still runs, scripts and git included. */
  readonly killAll: () => void;
  /** Ends what still runs, looks for what was left behind, and takes it all away. */
  readonly close: () => Promise<void>;
}

interface AppOptions extends Readonly<Record<string, unknown>> {
  readonly check?: Readonly<Record<string, unknown>>;
}

interface StageOptions {
  /** Apps, each with what it has beside what all have; `shop` alone where they are left out. */
  readonly apps?: Readonly<Record<string, AppOptions>>;
  /** Of the repository, beside what is in `SHOP`. */
  readonly files?: Readonly<Record<string, File | undefined>>;
  /** Of the whole configuration. */
  readonly config?: Readonly<Record<string, unknown>>;
}

/** A script that writes down that it ran. */
export const noted = (more = ":"): File =>
  aScript(`echo "$SKEIN_PHASE $SKEIN_REVISION" >> "$SKEIN_SHARED/ran"\n${more}`);

/** The app, as its repository has it at first. */
export const SHOP: Readonly<Record<string, File>> = {
  ".skein.yml": "steps:\n  - {name: test, run: test ! -e broken}\n",
  "deploy/pre-deploy": noted(),
  "deploy/pre-link": noted('echo "$SKEIN_REVISION" > revision.txt'),
  "deploy/post-deploy": noted(),
};

const yaml = (settings: unknown): string => stringify(settings, { aliasDuplicateObjects: false });

/** The configuration: these apps on three hosts, each asked at this address whether it serves what it should. */
function settingsFor(apps: Readonly<Record<string, AppOptions>>, url: string) {
  const check = { url: `${url}/{host}/{app}`, contains: "{revision}", deadline: "20s", interval: "50ms" };
  const app = (more: AppOptions) => ({
    repository: "shop",
    root: "hosts/{host}/{app}",
    requires: ["build"],
    strategy: { canary: 1, batches: "100%" },
    ...more,
    check: { ...check, ...more.check },
  });
  return {
    state: "state",
    broker: { listen: "127.0.0.1:0" },
    repositories: { shop: { url: "./shop.git", ci: true } },
    apps: Object.fromEntries(Object.entries(apps).map(([name, more]) => [name, app(more)])),
    up: { hosts: HOSTS.map((host) => ({ host, labels: { role: "web" } })) },
  };
}

/** Sets the stage in a new folder. Nothing of Skein runs yet. */
export async function setStage({
  apps = { shop: {} },
  files = {},
  config = {},
}: StageOptions = {}): Promise<Stage> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "skein-system-")));
  const [central, state] = [join(folder, "shop.git"), join(folder, "state")];
  const file = join(folder, "skein.yaml");
  const rootOf = (host: string, app = "shop") => join(folder, "hosts", host, app);
  // Nothing of the person at this machine: no key, no configuration of git.
  const env = { PATH: process.env["PATH"] ?? "", HOME: join(folder, "home"), LANG: "C.UTF-8", USER: "dana" };
  mkdirSync(env.HOME);
  const developer = aDeveloper({ central, work: join(folder, "work"), env }, { ...SHOP, ...files });
  const front = await openFront(rootOf);
  const given = { ...settingsFor(apps, front.url), ...config };
  writeFileSync(file, yaml(given));
  const running: Running[] = [];
  const configured = (words: readonly string[]) =>
    words.includes("--config") ? words : ["--config", file, ...words];
  const start = (...words: string[]) => {
    const started = startSkein(configured(words), { cwd: folder, env });
    running.push(started);
    return started;
  };
  const run = (words: readonly string[], input?: string, more: Readonly<Record<string, string>> = {}) =>
    runSkein(configured(words), {
      cwd: folder,
      env: { ...env, ...more },
      ...(input !== undefined && { input }),
    });
  const live = (host: StageHost, app?: string) => onDisk(rootOf(host, app));
  return {
    ...developer,
    folder,
    central,
    config: file,
    state,
    rootOf,
    variant: (name, changes) => {
      const path = join(folder, `${name}.yaml`);
      writeFileSync(path, yaml({ ...given, ...changes }));
      return path;
    },
    skein: (...words) => run(words),
    skeinWith: (input, ...words) => run(words, input),
    skeinIn: (more, ...words) => run(words, undefined, more),
    start,
    installHook: async () => {
      const { status, stderr } = await run(["hook", "install", central]);
      if (status !== 0) throw new Error(`The hook cannot be installed: ${stderr}`);
    },
    up: async () => {
      const all = start("up");
      await all.says("ready:");
      return all;
    },
    session: () => openSession({ config: file }),
    live,
    everywhere: (app) => HOSTS.map((host) => live(host, app)?.revision),
    ran: (host, app) => linesOf(join(rootOf(host, app), "shared", "ran")),
    killAll: () => killAllOf(folder),
    close: async () => {
      await Promise.all(running.map((each) => each.stop()));
      await front.close();
      await insistNothingRuns(folder);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
