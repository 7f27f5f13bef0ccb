import { readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { withSession } from "../../cli/session.ts";
import { type Data, message } from "../../lib/messages/catalogue.ts";
import { refName, repositoryName, type Revision } from "../../lib/schema/names.ts";
import type { Authorisation } from "../../lib/security/command.ts";
import { fileSigner, type Signer } from "../../lib/security/signer.ts";
import { type Ledger, openLedger } from "../../lib/store/ledger.ts";
import { aDeploy, sealed } from "../lib/security/builders.ts";
import type { Running } from "../support/program.ts";
import { HOSTS, setStage, type Stage, type StageHost } from "../support/stage.ts";
import { until } from "../support/until.ts";

/** Each takes a few seconds: CI tries more of them. */
const ROUNDS = Number(process.env["SKEIN_KILLS"] ?? 20);
/** How often a request is repeated that nobody has answered, in milliseconds: that is harmless. */
const REPEAT = 500;

/** Numbers from 0 to 1 that look like chance, and are the same for the same seed (mulberry32). */
function chance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A visitor of every host, who looks at `current` without a break, and notes whatever is not one whole release. */
function visit(stage: Stage, numbers: ReadonlyMap<Revision, string>) {
  const wrong: string[] = [];
  let looks = 0;
  let open = true;
  const look = (host: StageHost): void => {
    const root = stage.rootOf(host);
    const read = (release: string, file: string) => readFileSync(join(root, release, file), "utf8").trim();
    try {
      const release = readlinkSync(join(root, "current"));
      const [first, last] = [read(release, "first.txt"), read(release, "zz/last.txt")];
      const revision = read(release, "revision.txt") as Revision;
      if (first !== last || numbers.get(revision) !== first || !release.endsWith(revision.slice(0, 7)))
        wrong.push(`${host}: ${release} has ${first}, ${last} and ${revision}`);
    } catch (error) {
      wrong.push(`${host}: ${String(error)}`);
    }
  };
  const looking = (async () => {
    while (open) {
      for (const host of HOSTS) look(host);
      looks += 1;
      await pause(4);
    }
  })();
  return {
    wrong,
    leave: async () => {
      open = false;
      await looking;
      return looks;
    },
  };
}

let stage: Stage;
let up: Running;
let ledger: Ledger;
let operator: Signer;
const numbers = new Map<Revision, string>();

/** What a person asks for: the revision on all hosts, one of them first. */
function wish(revision: Revision): Authorisation {
  const now = Math.floor(Date.now() / 1_000);
  return aDeploy({
    hosts: [...HOSTS],
    release: { type: "git", commit: revision, ref: refName.parse("refs/heads/main") },
    expect: {},
    strategy: { canary: 1, batches: "100%", maxFailures: 0, pauseSeconds: 0, onFailure: "rollback" },
    seq: Date.now(),
    iat: now,
    exp: now + 900,
  });
}

const push = (number: number): Revision => {
  const revision = stage.pushed({ "first.txt": `${number}`, "zz/last.txt": `${number}` });
  numbers.set(revision, `${number}`);
  return revision;
};

/** Sees a push through: its build, and a rollout of it, asked for as often as it takes to get an answer. */
async function seeThrough(revision: Revision): Promise<Data<"rollout.finished">> {
  const build = await until(
    "the build ends",
    () => ledger.buildOf(repositoryName.parse("shop"), revision),
    30_000,
  );
  expect(build).toMatchObject({ outcome: "passed" });
  const command = wish(revision);
  const request = message("rollout.requested", {
    rollout: command.id,
    command: await sealed(command, operator),
  });
  let asked = 0;
  return until(
    "the rollout ends",
    async () => {
      const end = (await ledger.about(command.id)).find(({ type }) => type === "rollout.finished");
      if (end !== undefined) return end.data as Data<"rollout.finished">;
      if (Date.now() - asked < REPEAT) return undefined;
      asked = Date.now();
      await withSession(stage, ({ say }) => say(request));
      return undefined;
    },
    60_000,
  );
}

const ranFor = (revision: Revision) =>
  HOSTS.map((host) => stage.ran(host).filter((line) => line.endsWith(revision)));

/** Starts everything, and kills it before it is ready, or a moment after. */
async function killedAtStart(when: number): Promise<void> {
  const short = stage.start("up");
  await pause(300 + when * 1_200);
  await short.kill();
}

const scriptsOf = (revision: Revision) =>
  HOSTS.map(() => [`pre-link ${revision}`, `post-deploy ${revision}`]);

const codesIn = ({ hosts }: Data<"rollout.finished">): readonly string[] => [
  ...new Set(hosts.flatMap(({ code }) => code ?? [])),
];

beforeAll(async () => {
  // Two scripts are as good as three here.
  stage = await setStage({ files: { "deploy/pre-deploy": undefined } });
  await stage.installHook();
  up = await stage.up();
  ledger = openLedger(stage.state);
  operator = await fileSigner(join(stage.state, "keys", "operator"));
}, 60_000);
afterAll(async () => {
  await ledger.close();
  await stage.close();
});

test(
  `after kill -9 at any of ${ROUNDS} moments of push, build and rollout, one whole release is live everywhere, or the former one and the failure is recorded`,
  { timeout: 900_000 },
  async () => {
    const seed = Number(process.env["SKEIN_SEED"] ?? Date.now() % 1_000_000);
    process.stderr.write(`the moments are those of SKEIN_SEED=${seed}\n`);
    const random = chance(seed);
    // How long it takes undisturbed: the second time, for the first is slower.
    let longest = 0;
    let live = push(0);
    for (const number of [0, 1]) {
      const begun = Date.now();
      if (number > 0) live = push(number);
      expect(await seeThrough(live)).toMatchObject({ outcome: "succeeded" });
      longest = Date.now() - begun;
    }

    const visitor = visit(stage, numbers);
    onTestFinished(async () => void (await visitor.leave()));
    for (let round = 2; round < ROUNDS + 2; round += 1) {
      const moment = Math.round(random() * longest);
      // Every second time all that it had started dies with it, as in a machine that crashes.
      const alone = round % 2 === 0;
      const revision = push(round);
      const killed = (async () => {
        await pause(moment);
        await up.kill();
        if (!alone) stage.killAll();
        if (round % 3 === 0) await killedAtStart(random());
        up = await stage.up();
      })();
      const [end] = await Promise.all([seeThrough(revision), killed]);
      const about = `SKEIN_SEED=${seed} round ${round}, ${alone ? "" : "all "}killed after ${moment} of ${longest} ms: ${JSON.stringify(end)}`;
      if (end.outcome === "succeeded") live = revision;
      else process.stderr.write(`${about}\n`);
      expect({ about, live: stage.everywhere() }).toEqual({ about, live: [live, live, live] });
      expect({ about, wrong: visitor.wrong }).toEqual({ about, wrong: [] });
      // What does not fail runs each script once; nothing but what lost its script may fail.
      const succeeded = end.outcome === "succeeded";
      expect({ about, ran: succeeded ? ranFor(revision) : [], codes: codesIn(end) }).toEqual({
        about,
        ran: succeeded ? scriptsOf(revision) : [],
        codes: succeeded || alone ? [] : ["DEPLOY_INTERRUPTED"],
      });
    }
    expect(await visitor.leave()).toBeGreaterThan(20 * ROUNDS);

    const { json } = await stage.skein("status", "--json");
    const told = json.map((each) => (each as { live: { revision: string } }).live.revision);
    expect(told).toEqual([live, live, live]);
  },
);
