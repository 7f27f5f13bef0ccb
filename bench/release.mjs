import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";
import { mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pointLink, syncData } from "../dist/lib/effects/files.js";
import { giveName } from "../dist/lib/effects/folders.js";
import { buildTree } from "../dist/lib/effects/trees/build.js";
import { readRecord, writeRecord } from "../dist/lib/effects/trees/record.js";
import { environment } from "./support/environment.mjs";
import { median, ms } from "./support/figures.mjs";
import { machine } from "./support/machine.mjs";

const ROUNDS = 7;
const [FILES, BYTES] = [5_000, 20_000];
const TARGETS = { change: 0.1, first: 1.15, written: 0.05 };

/** How long a release takes from a commit that the mirror has to `current`, beside git's own checkout of all of it. */
export async function bench() {
  const on = machine();
  const folder = await mkdtemp(join(tmpdir(), "skein-bench-release-"));
  try {
    const { repository, commits } = repositoryIn(folder);
    const rounds = [];
    for (let round = -1; round < ROUNDS; round += 1) {
      const taken = await oneRound(folder, repository, commits, round);
      if (round >= 0) rounds.push(taken);
    }
    return found(rounds, on);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function found(rounds, on) {
  const of = (name) => median(rounds.map((each) => each[name]));
  const ratio = (one, other) => of(one) / of(other);
  const [first, change] = [ratio("first", "checkout"), ratio("change", "checkout")];
  const known = rounds.every(({ changeWritten }) => changeWritten !== undefined);
  const written = known ? ratio("changeWritten", "checkoutWritten") : undefined;
  const times = (value) => `**${value.toFixed(3)}×**`;
  const mib = (name) => (known ? `${(of(name) / 2 ** 20).toFixed(1)} MiB` : "not known");
  return {
    title: `A release of ${FILES} files and ${(FILES * BYTES) / 1e6} MB: built and published, with one file changed, and for the first time.`,
    target: `at most ${TARGETS.change}× the time and ${TARGETS.written}× the disk writes of git's checkout into an empty folder where one file changed, ${TARGETS.first}× the time for the first`,
    met:
      change <= TARGETS.change &&
      first <= TARGETS.first &&
      (written === undefined || written <= TARGETS.written),
    headings: ["", "time (median)", "of git's", "written to the disk", "of git's"],
    rows: [
      ["`git --work-tree checkout -f`, and a rename", ms(of("checkout")), "1", mib("checkoutWritten"), "1"],
      ["first release", ms(of("first")), times(first), mib("firstWritten"), ""],
      [
        "**one file changed**",
        ms(of("change")),
        times(change),
        mib("changeWritten"),
        written === undefined ? "" : times(written),
      ],
    ],
    how:
      `${ROUNDS} rounds after one that does not count, each in new folders, one way after the other, the first of them another one each time. Ours does what the agent does in build and publish: the ` +
      "tree (files that did not change as hard links), its record, sync of the file system, rename, folder synced, link, folder synced; git's is synced by nobody while its time is taken. The writes are those of the " +
      "block device under the folder, after a sync before and after; nothing else ran.",
    on,
  };
}

async function oneRound(folder, repository, commits, round) {
  const taken = {};
  const place = (name) => join(folder, `${name}-${round}`);
  const [one, other] = round % 2 === 0 ? commits : commits.toReversed();
  const ways = [
    { name: "checkout", run: () => checkout(repository, one, place("git")) },
    { name: "first", run: () => release(repository, one, place("ours")) },
  ];
  if (round % 2 !== 0) ways.reverse();
  ways.push({ name: "change", run: () => release(repository, other, place("next"), place("ours")) });
  for (const { name, run } of ways) {
    const before = writtenAt(folder);
    const begun = performance.now();
    await run();
    taken[name] = performance.now() - begun;
    const after = writtenAt(folder);
    if (before !== undefined && after !== undefined) taken[`${name}Written`] = after - before;
  }
  for (const name of ["git", "ours", "next"]) await rm(place(name), { recursive: true, force: true });
  return taken;
}

async function checkout(repository, commit, root) {
  const work = join(root, "new");
  await mkdir(work, { recursive: true });
  const env = { ...environment(root), GIT_INDEX_FILE: join(root, "index") };
  execFileSync(
    "git",
    [`--git-dir=${repository}`, `--work-tree=${work}`, "checkout", "-f", "-q", commit, "--", "."],
    { env },
  );
  await rename(work, join(root, "live"));
}

async function release(repository, commit, root, former) {
  const staging = join(root, "releases", ".tmp-new");
  await mkdir(join(root, "releases"), { recursive: true });
  const record = former && (await readRecord(join(former, "record")));
  const made = await buildTree({
    sources: [{ git: { folder: repository }, commit, at: "" }],
    into: staging,
    sharing: "hardlink",
    base: record && { name: "former", folder: join(former, "releases", "new"), record },
    limits: { files: 1e6, bytes: 1e12 },
    symlinks: "inside",
  });
  await writeRecord(join(root, "record"), made);
  await syncData(staging);
  await giveName(staging, join(root, "releases", "new"));
  await pointLink(join(root, "current"), "releases/new");
}

/** Bytes that were written to the block device under a folder, once all of it is there; undefined where none can be told. */
function writtenAt(folder) {
  execFileSync("sync");
  const { dev } = statSync(folder);
  const stat = `/sys/dev/block/${(dev >> 8) & 0xfff}:${(dev & 0xff) | ((dev >> 12) & 0xfff00)}/stat`;
  if (!existsSync(stat)) return undefined;
  return Number(readFileSync(stat, "utf8").trim().split(/\s+/)[6]) * 512;
}

/** A bare repository with two commits that differ in one file. */
function repositoryIn(folder) {
  const repository = join(folder, "shop.git");
  const maker = join(import.meta.dirname, "support", "large-repository.mjs");
  const made = execFileSync(process.execPath, [maker, repository, folder, FILES, BYTES], {
    encoding: "utf8",
  });
  return { repository, commits: made.trim().split("\n") };
}
