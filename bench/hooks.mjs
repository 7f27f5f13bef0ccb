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
const MOST = 10;
/** The older hook's program may take so many times what ours adds, at the least. */
const TIMES = 20;
const REMOTES = ["plain", "empty", "hooked"];
const HOOK = join(import.meta.dirname, "../hooks/post-receive");
/** What the older hook loads before it does anything. */
const OLDER = ["ruby", ["-rgrit", "-rstomp", "-ryaml", "-e", "exit"]];

/**
 * How much longer a push takes with the hook than the same push without it, beside what the older hook takes only to begin.
 * Nothing of Skein runs: the hook only writes.
 */
export async function bench() {
  const on = machine();
  const folder = await mkdtemp(join(tmpdir(), "skein-bench-hooks-"));
  try {
    const times = await take(folder);
    const of = (name) => times.map((each) => each[name]);
    const added = median(of("hooked")) - median(of("plain"));
    const pushByPush = times.map(({ hooked, plain }) => hooked - plain);
    const older = median(of("older"));
    return {
      title:
        "Wall time that the post-receive hook adds to a `git push`, beside the start of the older kit's hook.",
      target: `under ${MOST} ms, and at most 1/${TIMES} of what the older hook takes to load (medians of ${PUSHES})`,
      met: added < MOST && added * TIMES <= older,
      headings: ["", "median", "10 % are under", "90 % are under"],
      rows: [
        row("a push without a hook", of("plain")),
        row("with a hook that does nothing", of("empty")),
        row("with the hook of Skein", of("hooked")),
        row("Skein's less none, push by push", pushByPush),
        ["**added: median less median**", `**${ms(added)}**`, "", ""],
        ["of that by git, for any hook", ms(median(of("empty")) - median(of("plain"))), "", ""],
        row("`ruby -rgrit -rstomp -ryaml -e exit`", of("older")),
        ["**added by Skein, of that**", `**1/${Math.floor(older / added)}**`, "", ""],
      ],
      how:
        `${PUSHES} commits, each pushed to three bare repositories on the local disk, one after the other, and the ` +
        `Ruby process started in between, each time in another order, after ${WARMING} that do not count. The time is ` +
        "that of the whole `git push`, or of the whole Ruby process (Debian's ruby, ruby-grit and ruby-stomp): the older " +
        "hook did that once for each ref, and had not begun to talk to a broker then.",
      on: [...on, execFileSync("ruby", ["--version"], { encoding: "utf8" }).trim()],
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
  const env = environment(folder);
  const git = (...args) => execFileSync("git", ["-C", work, ...args], { stdio: "pipe", env });
  execFileSync("git", ["init", "--quiet", "--initial-branch=main", work], { env });
  for (const name of REMOTES) {
    execFileSync("git", ["init", "--quiet", "--bare", join(folder, `${name}.git`)], { env });
    git("remote", "add", name, join(folder, `${name}.git`));
  }
  await installHook({
    repository: join(folder, "hooked.git"),
    name: "bench",
    spool: join(folder, "spool"),
    hook: HOOK,
  });
  await writeFile(join(folder, "empty.git/hooks/post-receive"), "#!/bin/sh\nexit 0\n", { mode: 0o755 });
  const works = {
    ...Object.fromEntries(REMOTES.map((remote) => [remote, () => git("push", "--quiet", remote, "main")])),
    older: () => execFileSync(...OLDER, { stdio: "pipe", env }),
  };
  const names = Object.keys(works);
  const times = [];
  for (let turn = -WARMING; turn < PUSHES; turn += 1) {
    await writeFile(join(work, "file"), `${turn}\n`);
    git("add", "file");
    git("commit", "--quiet", "-m", `turn ${turn}`);
    const order = names.map((_, index) => names[(turn + WARMING + index) % names.length]);
    const taken = Object.fromEntries(order.map((name) => [name, timed(works[name])]));
    if (turn >= 0) times.push(taken);
  }
  return times;
}

function timed(work) {
  const begun = performance.now();
  work();
  return performance.now() - begun;
}
