import { execFileSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { installHook } from "../dist/lib/effects/hooks.js";
import { environment } from "./support/environment.mjs";
import { median, ms, quantile } from "./support/figures.mjs";
import { machine } from "./support/machine.mjs";

const PUSHES = 50;
const WARMING = 5;
const TARGET = 10;
const REMOTES = ["plain", "empty", "hooked"];
const HOOK = join(import.meta.dirname, "../hooks/post-receive");

/** How much longer a push takes with the hook than the same push without it. Nothing of Skein runs: the hook only writes. */
export async function bench() {
  const on = machine();
  const folder = await mkdtemp(join(tmpdir(), "skein-bench-hook-"));
  try {
    const times = await take(folder);
    const of = (name) => times.map((each) => each[name]);
    const added = median(of("hooked")) - median(of("plain"));
    const pushByPush = times.map(({ hooked, plain }) => hooked - plain);
    return {
      title: "Wall time that the post-receive hook adds to a `git push`.",
      target: `under ${TARGET} ms (median of ${PUSHES})`,
      met: added < TARGET,
      headings: ["", "median", "10 % are under", "90 % are under"],
      rows: [
        row("a push without a hook", of("plain")),
        row("with a hook that does nothing", of("empty")),
        row("with the hook of Skein", of("hooked")),
        row("Skein's less none, push by push", pushByPush),
        ["**added: median less median**", `**${ms(added)}**`, "", ""],
        ["of that by git, for any hook", ms(median(of("empty")) - median(of("plain"))), "", ""],
      ],
      how:
        `${PUSHES} commits, each pushed to three bare repositories on the local disk, one after the other, ` +
        `each time in another order, after ${WARMING} that do not count. The time is that of the whole \`git push\`.`,
      on,
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const row = (name, values) => [
  name,
  ms(median(values)),
  ms(quantile(values, 0.1)),
  ms(quantile(values, 0.9)),
];

async function take(folder) {
  const work = join(folder, "work");
  const git = (...args) =>
    execFileSync("git", ["-C", work, ...args], { stdio: "pipe", env: environment(folder) });
  execFileSync("git", ["init", "--quiet", "--initial-branch=main", work], { env: environment(folder) });
  for (const name of REMOTES) {
    execFileSync("git", ["init", "--quiet", "--bare", join(folder, `${name}.git`)], {
      env: environment(folder),
    });
    git("remote", "add", name, join(folder, `${name}.git`));
  }
  await installHook({
    repository: join(folder, "hooked.git"),
    name: "bench",
    spool: join(folder, "spool"),
    hook: HOOK,
  });
  await writeFile(join(folder, "empty.git/hooks/post-receive"), "#!/bin/sh\nexit 0\n", { mode: 0o755 });
  const times = [];
  for (let turn = -WARMING; turn < PUSHES; turn += 1) {
    await writeFile(join(work, "file"), `${turn}\n`);
    git("add", "file");
    git("commit", "--quiet", "-m", `turn ${turn}`);
    const order = REMOTES.map((_, index) => REMOTES[(turn + WARMING + index) % REMOTES.length]);
    const taken = Object.fromEntries(
      order.map((remote) => [remote, timed(() => git("push", "--quiet", remote, "main"))]),
    );
    if (turn >= 0) times.push(taken);
  }
  return times;
}

function timed(work) {
  const begun = performance.now();
  work();
  return performance.now() - begun;
}
