import childProcess, { execFileSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { repoUpdater } from "../dist/daemons/repo-updater.js";
import { memoryHub } from "../dist/lib/bus/memory.js";
import { sharedSettings } from "../dist/lib/config/settings.js";
import { interestsIn, say } from "../dist/lib/daemon/deliver.js";
import { controls } from "../dist/lib/daemon/process.js";
import { runDaemon } from "../dist/lib/daemon/run.js";
import { message } from "../dist/lib/messages/catalogue.js";
import { STANDARD_TOPICS } from "../dist/lib/messages/destinations.js";
import { decode } from "../dist/lib/messages/envelope.js";
import { environment } from "./support/environment.mjs";
import { median, ms } from "./support/figures.mjs";
import { machine } from "./support/machine.mjs";

const ROUNDS = 7;
const BURST = 200;
const MANY = 50;
const FETCHES = 3;
const SHARE = 1.5;

/** How many `git fetch` this process has started. */
let fetches = 0;
const { spawn } = childProcess;
childProcess.spawn = (program, args, ...rest) => {
  if (args.includes("fetch")) fetches += 1;
  return spawn(program, args, ...rest);
};
syncBuiltinESMExports();

/** How long until mirrors are fresh after many announcements, beside a loop that only calls `git fetch`. */
export async function bench() {
  const on = machine();
  const folder = await mkdtemp(join(tmpdir(), "skein-bench-updater-"));
  const names = Array.from({ length: MANY }, (_, index) => `r${index}`);
  const place = placeIn(folder, names);
  const updater = await startUpdater(place);
  const rounds = [];
  try {
    for (let round = -1; round < ROUNDS; round += 1) {
      const taken = await oneRound(round, place, updater);
      if (round >= 0) rounds.push(taken);
    }
  } finally {
    await updater.stop();
    await rm(folder, { recursive: true, force: true });
  }
  const of = (name) => median(rounds.map((each) => each[name]));
  const most = Math.max(...rounds.map((each) => each.fetches));
  const ratio = of("many") / of("loop");
  return {
    title: `Mirrors after ${BURST} announcements of one repository at once, and after one of each of ${MANY}.`,
    target: `at most ${FETCHES} fetches; at most ${SHARE} × the time of a bare loop of the same fetches`,
    met: most <= FETCHES && ratio <= SHARE,
    headings: ["", "until all is fresh (median)", "fetches"],
    rows: [
      [`${BURST} announcements of one repository`, ms(of("burst")), `**${most}** at most`],
      ["one `git fetch` of it", ms(of("alone")), "1"],
      [`${MANY} repositories, one announcement each`, ms(of("many")), `${MANY}`],
      [`a bare loop of the ${MANY} \`git fetch\``, ms(of("loop")), `${MANY}`],
      ["**ratio of these two**", `**${ratio.toFixed(2)}**`, ""],
    ],
    how:
      `${ROUNDS} rounds after one that does not count. In each, a commit is pushed to ${MANY} bare repositories on the local disk; then the ` +
      "repo-updater, with its defaults (4 fetches at once), hears of all of them in one burst over a bus in memory, and a shell runs `git fetch` " +
      "for each, one after the other, into mirrors of its own; they take turns in going first. The time ends when the updater has told that " +
      "every mirror has the commit. Then the same with one repository, announced over and over at once.",
    on,
  };
}

async function oneRound(round, place, updater) {
  const { names } = place;
  const revision = place.push(names, `round ${round}`);
  const both = [
    async () => ["loop", place.loop(names)],
    async () => ["many", await updater.freshAfter(names, revision)],
  ];
  if (round % 2 !== 0) both.reverse();
  const taken = [await both[0](), await both[1]()];
  const [one] = names;
  const newest = place.push([one], `burst ${round}`);
  const alone = place.loop([one]);
  fetches = 0;
  const burst = await updater.freshAfter(
    Array.from({ length: BURST }, () => one),
    newest,
  );
  // What is fetched after it is fresh counts, too.
  await pause(200);
  return { ...Object.fromEntries(taken), alone, burst, fetches };
}

/** Bare repositories, a clone to push from, and mirrors for the loop. */
function placeIn(folder, names) {
  const env = environment(folder);
  const git = (...args) => execFileSync("git", args, { stdio: "pipe", env, encoding: "utf8" }).trim();
  const [work, mirrors] = [join(folder, "work"), join(folder, "loop")];
  git("init", "--quiet", "--initial-branch=main", work);
  const urlOf = (name) => join(folder, `${name}.git`);
  for (const name of names) {
    git("init", "--quiet", "--bare", urlOf(name));
    git("init", "--quiet", "--bare", join(mirrors, `${name}.git`));
  }
  const fetch = (name) =>
    `git --git-dir='${join(mirrors, `${name}.git`)}' fetch --quiet --prune --no-tags '${urlOf(name)}' ` +
    "'+refs/heads/*:refs/skein/heads/*' '+refs/tags/*:refs/skein/tags/*'";
  return {
    folder,
    names,
    urlOf,
    push: (to, text) => {
      git("-C", work, "commit", "--quiet", "--allow-empty", "-m", text);
      for (const name of to) git("-C", work, "push", "--quiet", urlOf(name), "main");
      return git("-C", work, "rev-parse", "HEAD");
    },
    loop: (of) => {
      const script = of.map(fetch).join(" && ");
      const begun = performance.now();
      execFileSync("sh", ["-c", script], { stdio: "pipe", env });
      return performance.now() - begun;
    },
  };
}

async function startUpdater({ folder, names, urlOf }) {
  const hub = memoryHub();
  const nothing = () => undefined;
  const log = { debug: nothing, info: nothing, warn: console.error, error: console.error, child: () => log };
  const settings = sharedSettings.parse({
    state: join(folder, "state"),
    repositories: Object.fromEntries(names.map((name) => [name, { url: urlOf(name) }])),
  });
  const section = repoUpdater.config.parse({});
  const own = controls();
  let ready;
  const isReady = new Promise((resolve) => (ready = resolve));
  const fresh = new Map();
  let look = nothing;
  for (const interest of interestsIn(["mirror.updated"], "bench", "bench", STANDARD_TOPICS))
    await hub.connect().subscribe({ ...interest, kind: "news" }, async ({ body }) => {
      const { repository, changes } = decode(body).data;
      fresh.set(repository, changes[0].after);
      look();
    });
  const ended = runDaemon(repoUpdater, {
    host: "bench",
    log,
    now: () => new Date(),
    load: () => ({ ...settings, "repo-updater": section }),
    connect: async () => hub.connect(),
    controls: own.listen(),
    report: (state) => state === "ready" && ready(),
    grace: 2_000,
  });
  await isReady;
  const answer = {
    bus: hub.connect(),
    topics: STANDARD_TOPICS,
    source: "//bench/bench",
    now: () => new Date(),
  };
  return {
    freshAfter: async (announced, revision) => {
      const begun = performance.now();
      const all = new Promise((resolve) => {
        look = () => announced.every((name) => fresh.get(name) === revision) && resolve();
      });
      await Promise.all(
        announced.map((name, index) => say(answer, message("commit.pushed", pushOf(name, revision, index)))),
      );
      await all;
      return performance.now() - begun;
    },
    stop: async () => {
      own.send("stop");
      await ended;
    },
  };
}

const pushOf = (repository, after, index) => ({
  repository,
  ref: "refs/heads/main",
  before: "0".repeat(40),
  after,
  change: "updated",
  // No two announcements are the same message.
  at: new Date(Date.UTC(2026, 10, 21) + index).toISOString(),
  commits: [],
  total: 1,
});
