import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { revisionOf } from "../../lib/security/release.ts";
import { besides, type Deployable, type DriverCase, DRIVERS, prepare } from "./support/drivers.ts";
import { aHost, authorise, type Host, last, order, writeTrust } from "./support/host.ts";
import { anOrigin, aScript, type File } from "./support/origin.ts";
import { handed, runVictim } from "./support/victim.ts";

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

const told = Object.entries<DriverCase>(DRIVERS).flatMap(([name, driver]) =>
  Object.entries(stories).map(([what, story]) => [`${what}, by the driver ${name},`, driver, story] as const),
);

test.each(told)(
  "%s comes to the same if the agent is killed at any point and started anew",
  async (_name, driver, story) => {
    const folder = mkdtempSync(join(tmpdir(), "skein-crash-"));
    prepare(folder);
    const origin = anOrigin(join(folder, "origin"));
    writeTrust(join(folder, "state", "trust"));
    host = await aHost({ after: { folder, origin }, app: driver.app(folder), settings: besides(folder) });
    const make = driver.making(folder, origin);
    const first = await make({ page: "first", "deploy/post-deploy": aScript(NOTE) });
    const second = await make({ page: "second", ...story.second });
    await host.deploy(first.revision, { release: first.release });
    await host.leave();
    // Two at a time: each is mostly waiting for a process to start.
    const killed = await Promise.all([1, 2].map((from) => trials(driver, story, first, second, from)));
    expect(killed.reduce((sum, each) => sum + each, 0)).toBeGreaterThan(25);
  },
  120_000,
);

async function trials(
  driver: DriverCase,
  story: Story,
  first: Deployable,
  second: Deployable,
  from: number,
): Promise<number> {
  let killed = 0;
  while (await trial(driver, story, first, second, from + 2 * killed)) killed += 1;
  return killed;
}

/** Whether the victim was killed: it was not, where it does not come to that point. */
async function trial(
  driver: DriverCase,
  story: Story,
  first: Deployable,
  second: Deployable,
  killAt: number,
): Promise<boolean> {
  const folder = join(host.folder, `trial-${killAt}`);
  for (const name of ["state", "shop", "www", "uploads"])
    cpSync(join(host.folder, name), join(folder, name), { recursive: true, verbatimSymlinks: true });
  const page = join(folder, driver.seen, "page");
  const app = driver.app(folder);
  const settings = besides(host.folder);
  const command = authorise(second.revision, { release: second.release });
  const { url } = host.origin;
  const killed = await runVictim({
    folder,
    url,
    app,
    settings,
    killAt,
    countFrom: story.countFrom,
    handed: await handed(command),
  });
  if (driver.whole) expect(["first", "second"]).toContain(readFileSync(page, "utf8"));

  const after = await aHost({ after: { folder, origin: host.origin }, app, settings });
  await after.reconcile();
  await after.send("deploy.authorised", command);
  const answer = await after.send("deploy.go", order("go", command));
  expect(last(answer, "deploy.finished")).toMatchObject({
    outcome: story.outcome,
    revision: revisionOf(command.release),
  });
  expect(readFileSync(page, "utf8")).toBe(story.page);
  // Whatever was interrupted, visitors come here again.
  if ("drain" in app) expect(readFileSync(join(after.layout.root, "gate"), "utf8")).toBe("in\n");
  const ran = readFileSync(join(after.layout.shared, "ran"), "utf8").trim().split("\n");
  const migrated = "run" in app ? ["migrate"] : [];
  expect(ran).toEqual([...migrated, "post-deploy", ...migrated, ...story.ran]);

  const again = await after.deploy(first.revision, { force: true, release: first.release });
  expect(again.finished?.outcome).toBe("live");
  expect(readdirSync(after.layout.releases).filter((name) => name.startsWith("."))).toEqual([]);
  expect(existsSync(after.layout.lock)).toBe(false);
  await after.leave();
  return killed;
}
