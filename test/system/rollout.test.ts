import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Data } from "../../lib/messages/catalogue.ts";
import type { Revision } from "../../lib/schema/names.ts";
import { aScript } from "../agent/support/origin.ts";
import type { Ran } from "../support/program.ts";
import { HOSTS, noted, setStage, SHOP, type Stage } from "../support/stage.ts";

type Finished = Data<"rollout.finished">;

/** How the rollout ended that a `skein deploy --json` followed. */
const finishedIn = ({ json, stderr }: Ran): Finished => {
  const last = json.at(-1);
  if (last === undefined) throw new Error(`It said nothing: ${stderr}`);
  return last as unknown as Finished;
};

/** All that could change on the hosts, as it lies on disk. */
const onHosts = (app = "shop") =>
  HOSTS.map((host) => {
    const root = stage.rootOf(host, app);
    return {
      host,
      live: stage.live(host, app),
      releases: readdirSync(join(root, "releases")).toSorted(),
      journal: readFileSync(join(root, ".skein", "journal"), "utf8"),
      ran: stage.ran(host, app),
    };
  });

let stage: Stage;
/** What is live everywhere before a test; what every test leaves live. */
let good: Revision;

const deploy = (app: string, ...words: string[]) => stage.skein("deploy", app, ...words, "--json");

/** That what is live everywhere is still what was, and nothing but the canary has run a script. */
function expectUntouched(before: ReturnType<typeof onHosts>, app: string): void {
  expect(stage.everywhere(app)).toEqual([good, good, good]);
  const [canary, ...others] = onHosts(app);
  expect(canary?.live).toEqual(before[0]?.live);
  expect(others.map(({ live, ran }) => ({ live, ran }))).toEqual(
    before.slice(1).map(({ live, ran }) => ({ live, ran })),
  );
}

beforeAll(async () => {
  // The second app is the first one with little patience, for what does not end well.
  stage = await setStage({
    apps: { shop: {}, hasty: { "script-timeout": "4s", check: { deadline: "4s" } } },
    config: { agent: { "kill-after": "1s" } },
  });
  await stage.installHook();
  await stage.up();
  good = stage.pushed({ "index.html": "good" });
  for (const app of ["shop", "hasty"]) {
    const ran = await deploy(app, "main");
    if (ran.status !== 0) throw new Error(`The first deploy failed: ${ran.stdout} ${ran.stderr}`);
  }
}, 90_000);
afterAll(() => stage.close());

describe("a rollout that must not go on", { timeout: 60_000 }, () => {
  test("a commit whose test fails is not deployed", async () => {
    const before = onHosts();
    const revision = stage.pushed({ broken: "yes" });
    const { status, stderr, stdout } = await deploy("shop", "main");
    expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
    expect(stderr).toContain(`Cannot deploy ${revision.slice(0, 7)}: its build failed: step test ended with`);
    expect(stderr).toContain("[BUILD_NOT_PASSED]");
    expect(onHosts()).toEqual(before);
    stage.pushed({ broken: undefined });
  });

  test.each([
    ["post-deploy fails", { "deploy/post-deploy": noted("exit 7") }, "SCRIPT_FAILED", "ended with 7"],
    ["check fails", { sick: "yes" }, "CHECK_FAILED", "was not right within 4 s"],
  ])(
    "a canary whose %s goes back to its former release, and nobody else is touched",
    async (_what, files, code, reason) => {
      const before = onHosts("hasty");
      const revision = stage.pushed(files);
      const ran = await deploy("hasty", "main");
      expect(ran.status).toBe(1);
      const finished = finishedIn(ran);
      expect(finished).toMatchObject({ outcome: "failed", reason: "the canary failed", revision });
      const [canary, ...others] = finished.hosts;
      expect(canary).toMatchObject({ host: "web1", state: "failed", code });
      expect(canary?.reason).toContain(reason);
      expect(others.map(({ host, state }) => [host, state])).toEqual([
        ["web2", "cancelled"],
        ["web3", "cancelled"],
      ]);
      expectUntouched(before, "hasty");
      // It was live, and its former release was told that it is live again.
      expect(stage.ran("web1", "hasty").slice(before[0]?.ran.length)).toEqual([
        `pre-deploy ${revision}`,
        `pre-link ${revision}`,
        `post-deploy ${revision}`,
        `post-deploy ${good}`,
      ]);
      stage.pushed({ sick: undefined, ...SHOP });
    },
  );
});

describe("a pre-deploy that", { timeout: 60_000 }, () => {
  test.each([
    ["fails", aScript("echo nothing works >&2; exit 5"), "SCRIPT_FAILED", "nothing works"],
    ["hangs", aScript("echo waiting; sleep 600"), "SCRIPT_TIMEOUT", "ran longer than 4 s"],
    ["is not executable", { script: "#!/bin/sh\n", mode: 0o644 }, "SCRIPT_NOT_EXECUTABLE", "chmod=+x"],
  ])(
    "%s stops the rollout at the canary, before anything live changed",
    async (_what, script, code, reason) => {
      const before = onHosts("hasty");
      stage.pushed({ "deploy/pre-deploy": script });
      const ran = await deploy("hasty", "main");
      expect(ran.status).toBe(1);
      const [canary] = finishedIn(ran).hosts;
      expect(canary).toMatchObject({ host: "web1", state: "failed", code });
      expect(canary?.reason).toContain(reason);
      expectUntouched(before, "hasty");
      expect(stage.ran("web1", "hasty")).toEqual(before[0]?.ran);
      stage.pushed(SHOP);
    },
  );

  test("is waited for no longer after Ctrl-C says that the rollout goes on, and how to end it", async () => {
    stage.pushed({ "deploy/pre-deploy": aScript("echo waiting; sleep 600") });
    const followed = stage.start("deploy", "hasty", "main");
    await followed.says("waiting");
    process.kill(followed.pid, "SIGINT");
    expect(await followed.ended).toBe(130);
    const id = /skein cancel ([a-z0-9]{8})/.exec(followed.said().stderr)?.[1] ?? "";
    const underWay = new RegExp(`rolls out hasty main: skein log -f ${id}`);
    expect((await stage.skein("status")).stdout).toMatch(underWay);
    const { stdout } = await stage.skein("log", "-f", id);
    expect(stdout).toContain("rollout of hasty failed");
    expect((await stage.skein("status")).stdout).not.toMatch(underWay);
    stage.pushed(SHOP);
  });

  test("prints 100 MB is followed to its end; its beginning and its end are kept, and no more", async () => {
    const prints = "echo the beginning; yes and so on | head -c 100000000; echo; echo the end";
    const revision = stage.pushed({ "deploy/pre-deploy": aScript(prints) });
    const ran = await deploy("shop", "main", "--hosts", "web3");
    expect(finishedIn(ran)).toMatchObject({ outcome: "succeeded" });
    expect(stage.everywhere()).toEqual([good, good, revision]);
    const log = await stage.skein("log", "--follow", finishedIn(ran).rollout);
    const printed = log.stdout.split("\n").filter((line) => line.includes("web3 pre-deploy"));
    expect(printed[0]).toContain("the beginning");
    expect(printed.at(-1)).toContain("the end");
    expect(printed.find((line) => /\[\d{8} bytes of output are left out here\]/.test(line))).toBeDefined();
    expect(log.stdout.length).toBeLessThan(2_000_000);
    const back = await stage.skein("rollback", "shop", "--hosts", "web3", "--json");
    expect(finishedIn(back)).toMatchObject({ outcome: "succeeded", revision: good });
    stage.pushed(SHOP);
  });
});

describe("the commands", { timeout: 60_000 }, () => {
  let next: Revision;
  let rollout: string;

  test("a dry run shows the plan, and changes nothing", async () => {
    next = stage.pushed({ "index.html": "next" });
    const before = onHosts();
    const rollouts = (await stage.skein("history", "--of", "rollouts", "--json")).json;
    const { status, json } = await deploy("shop", "main", "--dry-run");
    expect(status).toBe(0);
    expect(json).toMatchObject([
      {
        kind: "deploy",
        app: "shop",
        release: { commit: next, ref: "refs/heads/main" },
        batches: [["web1"], ["web2", "web3"]],
        expect: { web1: good, web2: good, web3: good },
      },
    ]);
    const inWords = await stage.skein("deploy", "shop", "main", "--dry-run");
    expect(inWords.stdout).toMatch(/canary +web1 +main \(\w{7}\)/);
    expect(onHosts()).toEqual(before);
    expect((await stage.skein("history", "--of", "rollouts", "--json")).json).toEqual(rollouts);
  });

  test("a revision may be named as the tables print it", async () => {
    const { json } = await deploy("shop", next.slice(0, 7), "--dry-run");
    expect(json).toMatchObject([{ release: { commit: next, ref: "refs/heads/main" } }]);
  });

  test("up where everything runs already is refused, and disturbs nobody", async () => {
    const { status, stderr } = await stage.skein("up");
    expect(status).toBe(69);
    expect(stderr).toMatch(/Cannot start: process \d+ runs everything of \S+ already/);
    const broker = await stage.skein("run", "broker");
    expect(broker.status).toBe(69);
    expect(broker.stderr).toContain(`Cannot start the broker of ${stage.state}: it runs already`);
    expect((await stage.skein("doctor")).status).toBe(0);
  });

  test("deploy answers with the end of the rollout, host by host", async () => {
    const ran = await deploy("shop", "main", "--why", "ticket 123");
    expect(ran.status).toBe(0);
    const finished = finishedIn(ran);
    rollout = finished.rollout;
    expect(finished).toMatchObject({ app: "shop", outcome: "succeeded", revision: next });
    expect(finished.hosts.map(({ host, state }) => [host, state])).toEqual(
      HOSTS.map((host) => [host, "live"]),
    );
    expect(stage.everywhere()).toEqual([next, next, next]);
  });

  test("status tells what is live where, since when and by whom", async () => {
    const { status, json } = await stage.skein("status", "--app", "shop", "--json");
    expect(status).toBe(0);
    expect(json).toMatchObject(
      HOSTS.map((host) => ({
        host,
        app: "shop",
        environment: "production",
        present: true,
        live: { revision: next, ref: "refs/heads/main", rollout, by: expect.stringContaining("@") as string },
        former: { revision: good },
      })),
    );
  });

  test("log --full asks the hosts for all that programs printed", async () => {
    const { status, stdout, stderr } = await stage.skein("log", rollout, "--full");
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    for (const host of HOSTS) expect(stdout).toContain(`${host} go-pre-link\n`);
    expect(await stage.skein("log", "shop@", "--full")).toMatchObject({ status: 1 });
  });

  test("releases tells of each release on each host what became of it", async () => {
    const { json } = await stage.skein("releases", "shop", "--hosts", HOSTS[0], "--json");
    const instant = expect.stringMatching(/^20\d\d-/) as string;
    const of = (revision: Revision) => json.filter((each) => each["revision"] === revision).at(-1);
    expect(of(good)).toMatchObject({
      host: HOSTS[0],
      state: "former",
      built: instant,
      from: instant,
      to: instant,
    });
    expect(of(next)).toMatchObject({ host: HOSTS[0], state: "live", built: instant, from: instant });
    expect(of(next)).not.toHaveProperty("to");
    const { stdout } = await stage.skein("releases", "shop");
    expect(stdout).toMatch(/former +from .* to .* ago/);
    expect(stdout).toMatch(/live +for /);
  });

  test("refs lists branches and tags, and whether every host has them", async () => {
    stage.git("tag", "v1", good);
    stage.push("v1");
    // The hosts fetch while nobody waits for it.
    const { json } = await stage.skein("deploy", "shop", "v1", "--dry-run", "--json");
    expect(json).toMatchObject([{ release: { commit: good, ref: "refs/tags/v1" } }]);
    const { json: refs } = await stage.skein("refs", "shop", "--json");
    expect(refs).toEqual([
      { ref: "refs/heads/main", revision: next, hosts: [...HOSTS], everywhere: true },
      { ref: "refs/tags/v1", revision: good, hosts: [...HOSTS], everywhere: true },
    ]);
  });

  test("hosts lists the hosts, with their labels and what they carry", async () => {
    const { json } = await stage.skein("hosts", "--json");
    const [hosts, daemons] = [json.filter((each) => "apps" in each), json.filter((each) => "daemon" in each)];
    expect(daemons.map(({ daemon }) => daemon)).toEqual(expect.arrayContaining(["ledger", "orchestrator"]));
    expect(daemons.map(({ state }) => state)).toEqual(daemons.map(() => "ready"));
    expect(hosts).toMatchObject(
      HOSTS.map((host) => ({
        host,
        present: true,
        labels: { role: "web" },
        apps: [{ app: "shop" }, { app: "hasty" }],
      })),
    );
  });

  test("history and log tell what happened, by whom and why", async () => {
    const { json: history } = await stage.skein("history", "--json", "--most", "4");
    expect(history.map(({ type }) => type)).toEqual([
      "commit.pushed",
      "rollout.finished",
      "rollout.started",
      "build.finished",
    ]);
    expect(history[2]).toMatchObject({ data: { rollout, why: "ticket 123", revision: next } });
    const { status, json: log } = await stage.skein("log", rollout.slice(0, 6), "--json");
    expect(status).toBe(0);
    const types = log.map(({ type }) => type);
    expect(types.filter((type) => type === "deploy.finished")).toHaveLength(3);
    expect(types.at(-1)).toBe("rollout.finished");
  });

  test("rollback makes live what was live before", async () => {
    const ran = await stage.skein("rollback", "shop", "--json");
    expect(ran.status).toBe(0);
    expect(finishedIn(ran)).toMatchObject({ outcome: "succeeded", revision: good });
    expect(stage.everywhere()).toEqual([good, good, good]);
  });
});

describe("words that name nothing", { timeout: 60_000 }, () => {
  const long = "x".repeat(10_000);

  test.each([
    [
      "an unknown app",
      ["deploy", "nosuch", "main"],
      1,
      "APP_UNKNOWN",
      "Cannot find the app nosuch: the configuration has shop, hasty",
    ],
    ["an app that is no name", ["deploy", "$(id)", "main"], 64, "NAME_INVALID", '"$(id)"'],
    [
      "a ref that nobody has",
      ["deploy", "shop", "nosuch"],
      1,
      "REF_UNKNOWN",
      'no host has a branch or tag "nosuch"',
    ],
    [
      "a short revision that nobody has",
      ["deploy", "shop", "badc0de"],
      1,
      "REF_UNKNOWN",
      "no revision here begins so",
    ],
    ["a revision that nobody has", ["deploy", "shop", "a".repeat(40)], 1, "REF_UNKNOWN", "a".repeat(40)],
    ["a ref with two dots", ["deploy", "shop", "main..v1"], 64, "NAME_INVALID", '"main..v1"'],
    ["a ref that goes up", ["deploy", "shop", "../../etc"], 64, "NAME_INVALID", '"../../etc"'],
    [
      "a ref with control characters",
      ["deploy", "shop", "ma\u001b[31min\n"],
      64,
      "NAME_INVALID",
      String.raw`"ma\u001b[31min\n"`,
    ],
    [
      "a ref that a shell would run",
      ["deploy", "shop", "$(touch /tmp/skein-was-here)"],
      64,
      "NAME_INVALID",
      "$(touch",
    ],
    ["a ref of 10 kB", ["deploy", "shop", long], 64, "NAME_INVALID", "(10000 characters)"],
    ["a filter that fits no host", ["deploy", "shop", "main", "--hosts", "db*"], 1, "HOSTS_NONE", "fits db*"],
    [
      "an empty filter",
      ["deploy", "shop", "main", "--hosts", ""],
      64,
      "NAME_INVALID",
      "must be a host filter",
    ],
    ["a rollback of an unknown app", ["rollback", "nosuch"], 1, "APP_UNKNOWN", "nosuch"],
    ["the refs of an app that is no name", ["refs", "../shop"], 64, "NAME_INVALID", "must be an app name"],
    ["a type of message that is none", ["tail", "deploy.finish"], 64, "NAME_INVALID", '"deploy.finish"'],
    ["the refs of an unknown app", ["refs", "nosuch"], 1, "APP_UNKNOWN", "nosuch"],
    ["the status of an unknown app", ["status", "--app", "nosuch"], 1, "APP_UNKNOWN", "nosuch"],
    ["the log of nothing", ["log", "zzzz"], 1, "ROLLOUT_UNKNOWN", '"zzzz"'],
  ])("%s is refused by name, and nothing runs", async (_what, words, status, code, says) => {
    const before = onHosts();
    const ran = await stage.skein(...words);
    expect({ status: ran.status, stdout: ran.stdout }).toEqual({ status, stdout: "" });
    expect(ran.stderr).toContain(says);
    expect(ran.stderr).toContain(`[${code}]`);
    expect(ran.stderr.length).toBeLessThan(1_000);
    expect(ran.stderr).not.toContain("\u001b");
    expect(onHosts()).toEqual(before);
  });

  test.each([
    ["a ref that looks like an option", ["deploy", "shop", "-x"], '"-x" counts as an option'],
    ["an option that is none", ["deploy", "shop", "main", "-x"], "Unknown argument: x"],
    ["too few words", ["deploy", "shop"], "Not enough words: it is skein deploy shop REF"],
    ["too many words", ["deploy", "shop", "main", "v1"], "Too many words: it is skein deploy shop REF"],
    ["a command without its words", ["rollback"], "Not enough words: it is skein rollback <app>"],
    ["a canary that is no number", ["deploy", "shop", "main", "--canary", "x"], "--canary must be a whole"],
    ["fewer lines than none", ["history", "--most", "-1"], "--most must be a whole number"],
    ["a choice that is none", ["history", "--of", "geese"], '\n  Argument: of, Given: "geese"'],
  ])("%s is answered with what to try, and status 64", async (_what, words, says) => {
    const { status, stderr } = await stage.skein(...words);
    expect(status).toBe(64);
    expect(stderr).toContain(says);
    expect(stderr).toContain(`Try: skein ${words[0]} --help`);
  });

  test.each([
    ["a command that is none", ["deplyo", "shop", "main"], "Did you mean deploy?"],
    ["no command", [], "Say what to do, for example: skein status"],
  ])("%s is answered with where to look, and status 64", async (_what, words, says) => {
    const { status, stderr } = await stage.skein(...words);
    expect(status).toBe(64);
    expect(stderr).toContain(says);
    expect(stderr).toContain("Try: skein --help");
  });
});
