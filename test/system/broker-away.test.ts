import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Data } from "../../lib/messages/catalogue.ts";
import type { Revision } from "../../lib/schema/names.ts";
import type { Running } from "../support/program.ts";
import { HOSTS, noted, setStage, type Stage, type StageHost } from "../support/stage.ts";
import { until } from "../support/until.ts";

const ONE_EACH = ["broker", "orchestrator", "rest", ...HOSTS] as const;
type Name = (typeof ONE_EACH)[number];

let stage: Stage;
const running = new Map<Name, Running>();

/** Starts one process of Skein, and gives it before it is ready. */
function begin(name: Name): Running {
  const started = wordsFor(name);
  running.set(name, started);
  return started;
}

function wordsFor(name: Name): Running {
  if (name === "broker" || name === "orchestrator") return stage.start("run", name);
  if (name === "rest")
    return stage.start("run", "ledger", "announcer", "repo-updater", "ci-trigger", "ci-runner");
  const config = stage.variant(name, { host: name, labels: { role: "web" } });
  return stage.start("--config", config, "agent");
}

const start = (name: Name) => begin(name).says("ready:");
const kill = async (name: Name) => running.get(name)?.kill();

const goOn = (host: StageHost) => join(stage.rootOf(host), "shared", "go-on");

/** A deploy whose canary has begun its pre-deploy, and waits there. */
async function halfWay(revision: Revision): Promise<Running> {
  rmSync(goOn("web1"), { force: true });
  const deploy = stage.start("deploy", "shop", "main", "--json");
  await until("the canary runs its pre-deploy", () => stage.ran("web1").includes(`pre-deploy ${revision}`));
  return deploy;
}

/** How a deploy ended, what is live, and which scripts ran for its revision. */
async function resultOf(deploy: Running, revision: Revision) {
  const status = await deploy.ended;
  const { stdout, stderr } = deploy.said();
  const finished = JSON.parse(stdout === "" ? "{}" : stdout) as Partial<Data<"rollout.finished">>;
  const ran = HOSTS.map((host) => stage.ran(host).filter((line) => line.endsWith(revision)));
  return { status, stderr, outcome: finished.outcome, live: stage.everywhere(), ran };
}

const success = (revision: Revision) => ({
  status: 0,
  stderr: expect.any(String) as string,
  outcome: "succeeded",
  live: HOSTS.map(() => revision),
  // Once on each host.
  ran: HOSTS.map(() => [`pre-deploy ${revision}`, `pre-link ${revision}`, `post-deploy ${revision}`]),
});

beforeAll(async () => {
  stage = await setStage();
  const init = await stage.skein("init", "--json");
  if (init.status !== 0) throw new Error(init.stderr);
  await stage.installHook();
  await start("broker");
  await Promise.all(ONE_EACH.filter((name) => name !== "broker").map(start));
  const waits = 'until [ "$SKEIN_HOST" != web1 ] || [ -e "$SKEIN_SHARED/go-on" ]; do sleep 0.05; done';
  stage.commit({ "deploy/pre-deploy": noted(waits) });
}, 90_000);
afterAll(() => stage.close());

describe("with a process for each part", { timeout: 60_000 }, () => {
  let revision: Revision;
  beforeEach((context) => {
    revision = stage.pushed({ "index.html": context.task.name });
  });

  test("a broker that vanishes in the middle of a rollout and comes back does not stop it", async () => {
    const deploy = await halfWay(revision);
    await kill("broker");
    // The canary is done before anybody can hear of it.
    writeFileSync(goOn("web1"), "");
    await until("the canary is live", () => stage.live("web1")?.revision === revision);
    expect(stage.everywhere()).not.toEqual([revision, revision, revision]);
    await start("broker");
    expect(await resultOf(deploy, revision)).toEqual(success(revision));
  });

  test("another orchestrator goes on where the first was killed", async () => {
    const deploy = await halfWay(revision);
    await kill("orchestrator");
    writeFileSync(goOn("web1"), "");
    await until("the canary is live", () => stage.live("web1")?.revision === revision);
    await start("orchestrator");
    expect(await resultOf(deploy, revision)).toEqual(success(revision));
  });

  test("an agent that was killed joins the script that it had started, and the rollout goes on", async () => {
    const deploy = await halfWay(revision);
    await kill("web1");
    const back = start("web1");
    writeFileSync(goOn("web1"), "");
    await back;
    expect(await resultOf(deploy, revision)).toEqual(success(revision));
  });
});

describe("at the start", { timeout: 60_000 }, () => {
  test("a login that the broker refuses is told by name, without the passcode, with status 69", async () => {
    const { address } = JSON.parse(readFileSync(join(stage.state, "broker.json"), "utf8")) as {
      address: string;
    };
    const bus = address.replace("://", "://skein:not-the-passcode@");
    const stranger = stage.variant("stranger", { bus });
    for (const words of [["status"], ["run", "orchestrator"], ["deploy", "shop", "main"]]) {
      const { status, stderr } = await stage.skein("--config", stranger, ...words);
      expect({ words, status }).toEqual({ words, status: 69 });
      expect(stderr).toContain("[BROKER_REFUSED]");
      expect(stderr).toContain(address);
      expect(stderr).not.toContain("not-the-passcode");
      expect(stderr).not.toContain("ready:");
    }
  });

  test("without a broker a command ends at once with status 69, and a daemon waits for it", async () => {
    await kill("broker");
    await kill("web3");
    const { status, stderr } = await stage.skein("status");
    expect(status).toBe(69);
    expect(stderr).toMatch(/^skein: Cannot reach stomp:\/\/127\.0\.0\.1:\d+: connect ECONNREFUSED/);
    expect(stderr).toContain("Start one (`skein up`)");
    const agent = begin("web3");
    await agent.says("Cannot reach stomp://");
    await start("broker");
    await agent.says("ready:");
    await until("every host is there again", async () => {
      const { json } = await stage.skein("hosts", "--json");
      return json.filter(({ present }) => present === true).length === HOSTS.length;
    });
  });

  test("where no broker has ever run, a command says what to start", async () => {
    const alone = stage.variant("alone", { state: "elsewhere" });
    const { status, stderr } = await stage.skein("--config", alone, "status");
    expect(status).toBe(69);
    expect(stderr).toContain("Is `skein up` running?");
    expect(existsSync(join(stage.folder, "elsewhere", "ledger.db"))).toBe(false);
  });
});
