import { execFile } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import type { Revision } from "../../lib/schema/names.ts";
import type { Command } from "../../lib/security/command.ts";
import { revisionOf } from "../../lib/security/release.ts";
import { sealed } from "../lib/security/builders.ts";
import {
  aHost,
  authorise,
  type Host,
  HOST,
  last,
  operator,
  orchestrator,
  order,
  writeTrust,
} from "./support/host.ts";
import { anOrigin, aScript, type File, MAIN } from "./support/origin.ts";

const VICTIM = join(import.meta.dirname, "support", "victim.mjs");
const NOTE = 'echo "$SKEIN_PHASE" >> "$SKEIN_SHARED/ran"';

/** What differs from driver to driver. */
interface Driver {
  readonly app: (folder: string) => Readonly<Record<string, unknown>>;
  readonly release: (commit: Revision) => Readonly<Record<string, unknown>>;
  /** Where visitors find the page, below the folder of the host. */
  readonly page: string;
  /** Whether they find one release or the other at every instant. */
  readonly whole: boolean;
}

const git = (commit: Revision) => ({ type: "git", commit, ref: MAIN });

const drivers: Readonly<Record<string, Driver>> = {
  release: {
    app: () => ({ repository: "shop", share: ["hardlink"] }),
    release: git,
    page: "shop/current/page",
    whole: true,
  },
  site: {
    app: (folder) => ({
      driver: "site",
      parts: { top: { repository: "shop", at: ".", base: MAIN } },
      "user-data": [{ source: join(folder, "state"), at: "files/state" }],
    }),
    release: (commit) => ({ type: "site", ref: MAIN, parts: [{ part: "top", commit, ref: MAIN }] }),
    page: "shop/current/page",
    whole: true,
  },
  checkout: {
    app: (folder) => ({ driver: "checkout", repository: "shop", tree: join(folder, "www") }),
    release: git,
    page: "www/page",
    whole: false,
  },
};

interface Story {
  /** From which message on it is killed: what comes before is the same in both stories. */
  readonly countFrom: "deploy.authorised" | "deploy.go";
  readonly second: Readonly<Record<string, File>>;
  readonly outcome: "live" | "rolled-back";
  readonly page: string;
  /** What runs after the first deploy, each exactly once. */
  readonly ran: readonly string[];
}

const stories: Readonly<Record<string, Story>> = {
  "a deploy that succeeds": {
    countFrom: "deploy.authorised",
    second: { "deploy/pre-deploy": aScript(NOTE), "deploy/post-deploy": aScript(NOTE) },
    outcome: "live",
    page: "second",
    ran: ["pre-deploy", "post-deploy"],
  },
  "a deploy that is taken back": {
    countFrom: "deploy.go",
    second: { "deploy/pre-deploy": aScript(NOTE), "deploy/post-deploy": aScript(`${NOTE}; exit 1`) },
    outcome: "rolled-back",
    page: "first",
    ran: ["pre-deploy", "post-deploy", "post-deploy"],
  },
};

let host: Host;
afterEach(() => host.close());

const told = Object.entries(drivers).flatMap(([name, driver]) =>
  // The way back of a site is that of a release, step by step.
  Object.entries(stories)
    .filter(([, { outcome }]) => name !== "site" || outcome === "live")
    .map(([what, story]) => [`${what}, by the driver ${name},`, driver, story] as const),
);

test.each(told)(
  "%s comes to the same if the agent is killed at any point and started anew",
  async (_name, driver, story) => {
    const folder = mkdtempSync(join(tmpdir(), "skein-crash-"));
    mkdirSync(join(folder, "www"));
    const origin = anOrigin(join(folder, "origin"));
    writeTrust(join(folder, "state", "trust"));
    host = await aHost({ after: { folder, origin }, app: driver.app(folder) });
    const first = origin.commit({ page: "first", "deploy/post-deploy": aScript(NOTE) });
    const second = origin.commit({ page: "second", ...story.second });
    await host.deploy(first, { release: driver.release(first) });
    await host.leave();
    // Two at a time: each is mostly waiting for a process to start.
    const killed = await Promise.all([1, 2].map((from) => trials(driver, story, first, second, from)));
    expect(killed.reduce((sum, each) => sum + each, 0)).toBeGreaterThan(25);
  },
  120_000,
);

async function trials(
  driver: Driver,
  story: Story,
  first: Revision,
  second: Revision,
  from: number,
): Promise<number> {
  let killed = 0;
  while (await trial(driver, story, first, second, from + 2 * killed)) killed += 1;
  return killed;
}

/** Whether the victim was killed: it was not, where it does not come to that point. */
async function trial(
  driver: Driver,
  story: Story,
  first: Revision,
  second: Revision,
  killAt: number,
): Promise<boolean> {
  const folder = join(host.folder, `trial-${killAt}`);
  for (const name of ["state", "shop", "www"])
    cpSync(join(host.folder, name), join(folder, name), { recursive: true, verbatimSymlinks: true });
  const page = join(folder, driver.page);
  const app = driver.app(folder);
  const command = authorise(second, { release: driver.release(second) });
  const { url } = host.origin;
  const killed = await victim({
    folder,
    url,
    app,
    killAt,
    countFrom: story.countFrom,
    handed: await handed(command),
  });
  if (driver.whole) expect(["first", "second"]).toContain(readFileSync(page, "utf8"));

  const after = await aHost({ after: { folder, origin: host.origin }, app });
  await after.reconcile();
  await after.send("deploy.authorised", command);
  const answer = await after.send("deploy.go", order("go", command));
  expect(last(answer, "deploy.finished")).toMatchObject({
    outcome: story.outcome,
    revision: revisionOf(command.release),
  });
  expect(readFileSync(page, "utf8")).toBe(story.page);
  const ran = readFileSync(join(after.layout.shared, "ran"), "utf8").trim().split("\n");
  expect(ran).toEqual(["post-deploy", ...story.ran]);

  const again = await after.deploy(first, { force: true, release: driver.release(first) });
  expect(again.finished?.outcome).toBe("live");
  expect(readdirSync(after.layout.releases).filter((name) => name.startsWith("."))).toEqual([]);
  expect(existsSync(after.layout.lock)).toBe(false);
  await after.leave();
  return killed;
}

const handed = async (command: ReturnType<typeof authorise>) =>
  Promise.all(
    (["deploy.authorised", "deploy.go"] as const).map(async (type) => {
      const [given, by]: [Command, typeof operator] =
        type === "deploy.go" ? [order("go", command), orchestrator] : [command, operator];
      return { type, data: { host: HOST, rollout: command.id, command: await sealed(given, by) } };
    }),
  );

/** Runs the agent apart, to be killed. */
function victim(argument: object): Promise<boolean> {
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [VICTIM, JSON.stringify(argument)], (error, _stdout, stderr) => {
      if (error === null || error.signal === "SIGKILL") resolve(error !== null);
      else reject(new Error(stderr));
    });
  });
}
