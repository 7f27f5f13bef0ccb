import { execFileSync, spawnSync } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { openSession, type Session } from "../../cli/session.ts";
import type { Revision } from "../../lib/schema/names.ts";
import { anOrigin, aScript, type File } from "../agent/support/origin.ts";
import { type Ran, type Running, runSkein, startSkein } from "./program.ts";
import { until } from "./until.ts";

export const HOSTS = ["web1", "web2", "web3"] as const;
export type StageHost = (typeof HOSTS)[number];

/** What is live on a host, as a visitor finds it. */
export interface OnDisk {
  readonly release: string;
  /** What its `pre-link` wrote down. */
  readonly revision: string;
}

/**
 * Everything that a system test stands on, all real: a central repository with the hook, a developer's clone, a
 * configuration with three hosts, and a web server that answers for each host.
 */
export interface Stage {
  readonly folder: string;
  readonly central: string;
  readonly config: string;
  readonly state: string;
  readonly rootOf: (host: string, app?: string) => string;
  /** Writes another configuration beside the first, with these settings changed, and gives its path. */
  readonly variant: (name: string, changes: Readonly<Record<string, unknown>>) => string;
  /** Runs git as the developer does, in the clone. */
  readonly git: (...words: string[]) => string;
  readonly commit: (files: Readonly<Record<string, File | undefined>>, tag?: string) => Revision;
  /** Pushes to the central repository, and gives what git says to the developer. */
  readonly push: (...words: string[]) => string;
  /** Commits, and pushes that to `main`. */
  readonly pushed: (files: Readonly<Record<string, File | undefined>>) => Revision;
  /** Runs a command to its end. */
  readonly skein: (...words: string[]) => Promise<Ran>;
  readonly skeinWith: (input: string, ...words: string[]) => Promise<Ran>;
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

const APP = {
  repository: "shop",
  root: "hosts/{host}/{app}",
  requires: ["build"],
  strategy: { canary: 1, batches: "100%" },
};

const checkAt = (url: string) => ({
  url: `${url}/{host}/{app}`,
  contains: "{revision}",
  deadline: "20s",
  interval: "50ms",
});

/** Sets the stage in a new folder. Nothing of Skein runs yet. */
export async function setStage({
  apps = { shop: {} },
  files = {},
  config = {},
}: StageOptions = {}): Promise<Stage> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "skein-system-")));
  const [central, work, state] = [join(folder, "shop.git"), join(folder, "work"), join(folder, "state")];
  const file = join(folder, "skein.yaml");
  const rootOf = (host: string, app = "shop") => join(folder, "hosts", host, app);
  // Nothing of the person at this machine: no key, no configuration of git.
  const env = { PATH: process.env["PATH"] ?? "", HOME: join(folder, "home"), LANG: "C.UTF-8", USER: "dana" };
  mkdirSync(env.HOME);
  const origin = anOrigin(work);
  const git = (...words: string[]) =>
    execFileSync("git", words, {
      cwd: work,
      env,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
    }).trim();
  const push = (...words: string[]) => {
    const { status, stderr } = spawnSync("git", ["push", "--quiet", "origin", ...words], {
      cwd: work,
      env,
      encoding: "utf8",
    });
    if (status !== 0) throw new Error(`git push ${words.join(" ")} ended with ${status}: ${stderr}`);
    return stderr;
  };
  execFileSync("git", ["init", "--quiet", "--bare", "--initial-branch=main", central], { env });
  git("remote", "add", "origin", central);
  git("config", "user.name", "Dana Developer");
  git("config", "user.email", "dana@example.com");
  origin.commit({ ...SHOP, ...files });
  const front = await openFront(rootOf);
  const given = {
    state: "state",
    broker: { listen: "127.0.0.1:0" },
    repositories: { shop: { url: "./shop.git", ci: true } },
    apps: Object.fromEntries(
      Object.entries(apps).map(([app, more]) => [
        app,
        { ...APP, ...more, check: { ...checkAt(front.url), ...more.check } },
      ]),
    ),
    up: { hosts: HOSTS.map((host) => ({ host, labels: { role: "web" } })) },
    ...config,
  };
  writeFileSync(file, yaml(given));
  const running: Running[] = [];
  const configured = (words: readonly string[]) =>
    words.includes("--config") ? words : ["--config", file, ...words];
  const start = (...words: string[]) => {
    const started = startSkein(configured(words), { cwd: folder, env });
    running.push(started);
    return started;
  };
  const run = (words: readonly string[], input?: string) =>
    runSkein(configured(words), { cwd: folder, env, ...(input !== undefined && { input }) });
  const live = (host: StageHost, app?: string) => onDisk(rootOf(host, app));
  return {
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
    git,
    commit: origin.commit,
    push,
    pushed: (files) => {
      const revision = origin.commit(files);
      push("--force", "HEAD:main");
      return revision;
    },
    skein: (...words) => run(words),
    skeinWith: (input, ...words) => run(words, input),
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

function onDisk(root: string): OnDisk | undefined {
  try {
    const release = readlinkSync(join(root, "current"));
    return { release, revision: readFileSync(join(root, release, "revision.txt"), "utf8").trim() };
  } catch {
    return undefined;
  }
}

function linesOf(file: string): readonly string[] {
  try {
    return readFileSync(file, "utf8").split("\n").slice(0, -1);
  } catch {
    return [];
  }
}

/** A web server that serves, for each host and app, the revision of what is live there; a release with a file `sick` answers 500. */
async function openFront(rootOf: Stage["rootOf"]) {
  const server = createServer(({ url = "/" }, response) => {
    const [, host = "", app = ""] = url.split("/");
    const root = rootOf(host, app);
    const isSick = readdirOf(join(root, "current")).includes("sick");
    response.writeHead(isSick ? 500 : 200).end(onDisk(root)?.revision ?? "nothing");
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" ? (address?.port ?? 0) : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

function readdirOf(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** The processes of a stage: each has its folder in its words or in its environment. */
const processesOf = (folder: string): readonly string[] =>
  readdirOf("/proc").filter((pid) => {
    if (!/^\d+$/.test(pid) || Number(pid) === process.pid) return false;
    return ["cmdline", "environ"].some((name) => readOr(`/proc/${pid}/${name}`).includes(folder));
  });

function killAllOf(folder: string): void {
  for (const pid of processesOf(folder)) {
    try {
      process.kill(Number(pid), "SIGKILL");
    } catch {
      // It ended by itself.
    }
  }
}

async function insistNothingRuns(folder: string): Promise<void> {
  try {
    await until("nothing of the test runs any more", () => processesOf(folder).length === 0, 5_000);
  } catch (error) {
    const words = processesOf(folder).map((pid) => readOr(`/proc/${pid}/cmdline`).replaceAll("\0", " "));
    killAllOf(folder);
    throw new Error(`Left running:\n${words.join("\n")}`, { cause: error });
  }
}

function readOr(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
