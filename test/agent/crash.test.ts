import { execFile } from "node:child_process";
import { cpSync, existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import type { Revision } from "../../lib/schema/names.ts";
import type { Command } from "../../lib/security/command.ts";
import { sealed } from "../lib/security/builders.ts";
import { aHost, authorise, type Host, HOST, last, operator, orchestrator, order } from "./support/host.ts";
import { aScript, type File } from "./support/origin.ts";

const VICTIM = join(import.meta.dirname, "support", "victim.mjs");
const NOTE = 'echo "$SKEIN_PHASE" >> "$SKEIN_SHARED/ran"';

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

test.each(Object.entries(stories))(
  "%s comes to the same if the agent is killed at any point and started anew",
  async (_name, story) => {
    host = await aHost();
    const first = host.origin.commit({ page: "first", "deploy/post-deploy": aScript(NOTE) });
    const second = host.origin.commit({ page: "second", ...story.second });
    await host.deploy(first);
    await host.leave();
    // Two at a time: each is mostly waiting for a process to start.
    const killed = await Promise.all([1, 2].map((from) => trials(story, first, second, from)));
    expect(killed.reduce((sum, each) => sum + each, 0)).toBeGreaterThan(25);
  },
  120_000,
);

async function trials(story: Story, first: Revision, second: Revision, from: number): Promise<number> {
  let killed = 0;
  while (await trial(story, first, second, from + 2 * killed)) killed += 1;
  return killed;
}

/** Whether the victim was killed: it was not, where it does not come to that point. */
async function trial(story: Story, first: Revision, second: Revision, killAt: number): Promise<boolean> {
  const folder = join(host.folder, `trial-${killAt}`);
  for (const name of ["state", "shop"])
    cpSync(join(host.folder, name), join(folder, name), { recursive: true, verbatimSymlinks: true });
  const page = join(folder, "shop", "current", "page");
  const command = authorise(second);
  const { url } = host.origin;
  const killed = await victim({
    folder,
    url,
    killAt,
    countFrom: story.countFrom,
    handed: await handed(command),
  });
  expect(["first", "second"]).toContain(readFileSync(page, "utf8"));

  const after = await aHost({ after: { folder, origin: host.origin } });
  await after.reconcile();
  await after.send("deploy.authorised", command);
  const answer = await after.send("deploy.go", order("go", command));
  expect(last(answer, "deploy.finished")).toMatchObject({ outcome: story.outcome, revision: second });
  expect(readFileSync(page, "utf8")).toBe(story.page);
  const ran = readFileSync(join(after.layout.shared, "ran"), "utf8").trim().split("\n");
  expect(ran).toEqual(["post-deploy", ...story.ran]);

  expect((await after.deploy(first, { force: true })).finished?.outcome).toBe("live");
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
