import { afterAll, beforeAll, expect, test } from "vitest";
import type { BuildId, Revision } from "../../lib/schema/names.ts";
import { openLedger } from "../../lib/store/ledger.ts";
import { aLongTime, processesWith } from "../support/processes.ts";
import type { Running } from "../support/program.ts";
import { scriptedJenkins } from "../support/scripted-jenkins.ts";
import { setStage, type Stage } from "../support/stage.ts";
import { until } from "../support/until.ts";

let stage: Stage;
let up: Running;
const jenkins = scriptedJenkins();

beforeAll(async () => {
  stage = await setStage({
    config: {
      repositories: { shop: { url: "./shop.git", ci: true } },
      "ci-trigger": {
        poll: "100ms",
        servers: { ci: { type: "jenkins", url: await jenkins.url(), insecure: true } },
        jobs: {
          unit: { repository: "shop", server: "ci", job: "app", parameters: { COMMIT: "{revision}" } },
        },
      },
    },
  });
  await stage.skein("init");
  await stage.installHook();
  up = await stage.up();
}, 60_000);
afterAll(async () => {
  await stage.close();
  await jenkins.close();
});

const idOf = (revision: Revision) => `unit@${revision}` as BuildId;
const runsOf = (revision: Revision) =>
  jenkins.runs.filter(({ parameters }) => parameters["COMMIT"] === revision);
const taken = (revision: Revision) => until("Jenkins has it", () => runsOf(revision).length > 0);
const change = (revision: Revision, how: object) =>
  runsOf(revision).forEach((run) => Object.assign(run, how));
async function told(build: string) {
  const ledger = openLedger(stage.state);
  try {
    return await ledger.about(build);
  } finally {
    await ledger.close();
  }
}
const endOf = (build: string) =>
  until(`the end of ${build} is told`, async () =>
    (await told(build)).flatMap((each) => (each.type === "build.finished" ? [each.data] : [])).at(0),
  );
const killedAndStartedAgain = async () => {
  await up.kill();
  jenkins.afterPost();
  jenkins.trouble();
  up = await stage.up();
};

test("killed -9 while the request is on its way, while it waits, while it runs and when it has ended: one build, one result", async () => {
  jenkins.afterPost("hang");
  const revision = stage.pushed({ "page.txt": "1" });
  await taken(revision);
  await killedAndStartedAgain();
  await until("it is followed", () => jenkins.asked.some(({ path }) => path.startsWith("/queue/item/")));
  await killedAndStartedAgain();
  change(revision, { state: "running", log: "begun\n" });
  await until("its beginning is told", async () =>
    (await told(idOf(revision))).some(({ type }) => type === "build.started"),
  );
  await killedAndStartedAgain();
  jenkins.trouble({ status: 503 });
  change(revision, { state: "ended", result: "SUCCESS" });
  await killedAndStartedAgain();
  expect(await endOf(idOf(revision))).toMatchObject({ outcome: "passed" });
  expect(runsOf(revision)).toHaveLength(1);
  const types = (await told(idOf(revision))).map(({ type }) => type);
  expect(types.filter((type) => type !== "build.log")).toEqual(["build.started", "build.finished"]);
}, 120_000);

test("a revision goes live only when both the runner and Jenkins have built it", async () => {
  const revision = stage.pushed({ "page.txt": "2" });
  await taken(revision);
  expect(await endOf(`shop@${revision}`)).toMatchObject({ outcome: "passed" });
  change(revision, { state: "ended", result: "FAILURE" });
  await endOf(idOf(revision));
  const refused = await stage.skein("deploy", "shop", "main");
  expect(refused).toMatchObject({ status: 1, stderr: expect.stringContaining("BUILD_NOT_PASSED") as string });
  expect(refused.stderr).toContain("FAILURE");
}, 60_000);

test("skein cancel ends a build on Jenkins, and one of the runner with all that it started", async () => {
  const time = aLongTime();
  const revision = stage.pushed({ ".skein.yml": `steps: [{run: "sleep ${time}"}]` });
  await taken(revision);
  change(revision, { state: "running" });
  await until("the step runs", () => processesWith(`sleep ${time}`).length > 0);
  for (const job of ["unit", "shop"]) {
    const build = `${job}@${revision}`;
    await until("it is known", async () => (await told(build)).length > 0);
    const ran = await stage.skein("cancel", build.slice(0, job.length + 8), "--why", "wrong branch");
    expect(ran).toMatchObject({ status: 0, stdout: expect.stringContaining(build) as string });
    expect(await endOf(build)).toMatchObject({
      outcome: "cancelled",
      reason: expect.stringMatching(/^ended by \S+@localhost: wrong branch$/) as string,
    });
    const again = await stage.skein("cancel", build);
    expect(again).toMatchObject({ status: 1, stderr: expect.stringContaining("BUILD_ENDED") as string });
  }
  expect(processesWith(`sleep ${time}`)).toEqual([]);
  expect(await stage.skein("cancel", "unit@0123")).toMatchObject({ status: 1 });
}, 60_000);
