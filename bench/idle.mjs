import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { DAEMON_NAMES } from "../dist/cli/daemons.js";
import { environment } from "./support/environment.mjs";
import { median } from "./support/figures.mjs";
import { machine } from "./support/machine.mjs";
import { end, processorTime, residentMemory, skein, start } from "./support/processes.mjs";

const SETTLE = 90_000;
const ROUND = 30_000;
const ROUNDS = 7;
const TARGET = { cpu: 0.5, memory: 150 };

/** What all daemons in one process take while nothing happens, beside a Node that does nothing at all. */
export async function bench() {
  const on = machine();
  const folder = await mkdtemp(join(tmpdir(), "skein-bench-idle-"));
  const nothing = spawn(process.execPath, ["-e", "setInterval(() => {}, 1e9)"], { stdio: "ignore" });
  const all = startAll(folder);
  try {
    await all.ready;
    await pause(SETTLE);
    const rounds = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      const before = [all.child.pid, nothing.pid].map(processorTime);
      const begun = performance.now();
      await pause(ROUND);
      const seconds = (performance.now() - begun) / 1_000;
      const after = [all.child.pid, nothing.pid].map(processorTime);
      rounds.push(after.map((time, index) => ((time - before[index]) / seconds) * 100));
    }
    const cpu = [0, 1].map((index) => median(rounds.map((round) => round[index])));
    const memory = [all.child.pid, nothing.pid].map(residentMemory);
    return {
      title: "Processor and memory of all daemons in one process, while nothing happens.",
      target: `under ${TARGET.cpu} % of a core and ${TARGET.memory} MB`,
      met: cpu[0] < TARGET.cpu && memory[0] < TARGET.memory,
      headings: ["", "of a core", "resident memory"],
      rows: [
        [`**all ${DAEMON_NAMES.length} daemons**`, `**${percent(cpu[0])}**`, `**${megabytes(memory[0])}**`],
        ["a Node that does nothing", percent(cpu[1]), megabytes(memory[1])],
      ],
      how:
        `\`skein run\` of ${DAEMON_NAMES.join(", ")} in one process, each with something configured for it, over the embedded ` +
        `broker. After ${SETTLE / 1_000} s, the processor time that the kernel counted in ${ROUNDS} rounds of ${ROUND / 1_000} s ` +
        `(the median round), and the resident memory (VmRSS) at the end, both processes side by side.`,
      on,
    };
  } finally {
    await end(all.child);
    await end(nothing);
    await rm(folder, { recursive: true, force: true });
  }
}

function startAll(folder) {
  writeConfiguration(folder);
  const env = { ...environment(folder), LANG: "C.UTF-8" };
  skein(folder, env, "init");
  return start(folder, env, "run", ...DAEMON_NAMES);
}

function writeConfiguration(folder) {
  const git = (...args) =>
    execFileSync("git", args, { cwd: folder, env: environment(folder), stdio: "pipe" });
  git("init", "--quiet", "--bare", "shop.git");
  git("init", "--quiet", "--initial-branch=main", "work");
  git("-C", "work", "commit", "--quiet", "--allow-empty", "-m", "one");
  git("-C", "work", "push", "--quiet", "../shop.git", "main");
  for (const name of ["incoming/bookworm", "reprepro/conf"])
    mkdirSync(join(folder, name), { recursive: true });
  writeFileSync(join(folder, "lab.sources"), "");
  writeFileSync(join(folder, "secret"), "a secret of twenty characters", { mode: 0o600 });
  const secret = { file: join(folder, "secret") };
  const settings = {
    state: "state",
    broker: { listen: "127.0.0.1:0" },
    repositories: { shop: { url: "./shop.git", ci: true } },
    apps: { shop: { repository: "shop", root: "./hosts/shop" } },
    webhook: {
      listen: "127.0.0.1:0",
      hooks: { github: { forge: "github", secret, repositories: { shop: "acme/shop" } } },
    },
    "repo-updater": {
      checkouts: { shop: { repository: "shop", mode: "atomic", target: join(folder, "checkout") } },
    },
    "ci-trigger": {
      servers: { jenkins: { type: "jenkins", url: "https://127.0.0.1:1", user: "skein", token: secret } },
      jobs: { unit: { repository: "shop", server: "jenkins", job: "shop", refs: ["refs/heads/nothing"] } },
    },
    access: {
      sites: { preview: { type: "nginx", file: join(folder, "logins"), check: ["true"], reload: ["true"] } },
    },
    keepalive: { targets: [{ destination: "/topic/skein.beats" }] },
    "package-announcer": {
      reprepro: {
        lab: {
          base: join(folder, "reprepro"),
          incoming: { folder: join(folder, "incoming"), distributions: ["bookworm"] },
        },
      },
    },
    "apt-watcher": { sources: { lab: { file: join(folder, "lab.sources") } }, packages: ["skein-*"] },
    "ci-status": {
      sources: {
        jenkins: {
          server: { type: "jenkins", url: "https://127.0.0.1:1", user: "skein", token: secret },
          secret,
          jobs: { unit: { repository: "shop" } },
        },
      },
    },
    notifier: {
      channels: { hook: { type: "http", url: "http://127.0.0.1:1/" } },
      rules: [{ to: ["hook"], types: ["rollout.*"] }],
    },
  };
  writeFileSync(join(folder, "skein.yaml"), JSON.stringify(settings));
}

const percent = (value) => `${value.toFixed(2)} %`;
const megabytes = (value) => `${value.toFixed(0)} MB`;
