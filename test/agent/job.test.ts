import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Job, runJob } from "../../agent/job.ts";
import type { Batch } from "../../agent/output.ts";
import { readIfThere } from "../../lib/effects/files.ts";
import { endMarked } from "../../lib/effects/processes.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "skein-job-"));
});
afterEach(async () => {
  await endMarked("SKEIN_TEST", folder);
  rmSync(folder, { recursive: true, force: true });
});

const aJob = (body: string, given: Partial<Job> = {}): Job => ({
  folder: join(folder, "job"),
  id: folder,
  program: "/bin/sh",
  args: ["-c", body],
  directory: folder,
  env: { PATH: "/usr/bin:/bin", SKEIN_TEST: folder },
  deadline: 20_000,
  killAfter: 300,
  most: 64 * 1024,
  umask: "022",
  ...given,
});

async function run(job: Job, signal = new AbortController().signal) {
  const batches: Batch[] = [];
  const end = await runJob(job, (batch) => batches.push(batch), signal);
  return { end, batches, lines: batches.flatMap(({ lines }) => lines) };
}

test("its output and its status are told", async () => {
  const { end, lines } = await run(aJob("echo out; echo err >&2; printf unfinished; exit 3"));
  expect(end).toEqual({ how: "ended", code: 3 });
  expect(lines).toEqual(["out", "err", "unfinished"]);
});

test("what it makes others may read, though what is kept of it they may not", async () => {
  const { lines } = await run(aJob("touch made && stat -c %a made"));
  expect(lines).toEqual(["644"]);
});

test("at its deadline it ends, with all that it started", async () => {
  const { end } = await run(aJob("sleep 600 & setsid sleep 600 & sleep 600", { deadline: 1_000 }));
  expect(end).toEqual({ how: "timed out", code: 124 });
});

test("a deadline holds for what does not want to end", async () => {
  const { end } = await run(aJob("trap '' TERM; while :; do sleep 0.05; done", { deadline: 1_000 }));
  expect(end).toEqual({ how: "timed out", code: 137 });
});

test("an end with the status of a timeout, but in time, is an end", async () => {
  expect((await run(aJob("exit 124"))).end).toEqual({ how: "ended", code: 124 });
});

test("what it leaves behind ends with it, in whatever session, and even with the environment wiped", async () => {
  const { end, lines } = await run(
    aJob("(setsid sh -c 'sleep 600 & sleep 600' &); setsid env -i /bin/sleep 600 & echo gone"),
  );
  expect(end).toEqual({ how: "ended", code: 0 });
  expect(lines).toEqual(["gone"]);
});

test("it may close its output, and print what is no text", async () => {
  expect((await run(aJob("exec >&- 2>&-; exit 4"))).end).toEqual({ how: "ended", code: 4 });
  const binary = await run(aJob("head -c 30000 /dev/urandom", { folder: join(folder, "binary") }));
  expect(binary.end).toEqual({ how: "ended", code: 0 });
  expect(binary.lines.every((line) => line.length <= 4_100)).toBe(true);
});

test.each(["head", "tail", "cut", "followed"])("a pipe in the place of %s holds nothing up", async (name) => {
  // What keeps the output may just then put its file there again.
  const job = aJob(`echo out; until rm -f job/${name} && mkfifo job/${name}; do :; done 2>/dev/null`);
  const ended = await run(job).then(
    ({ end }) => end,
    () => "failed",
  );
  expect([{ how: "ended", code: 0 }, "failed"]).toContainEqual(ended);
});

test("of very much output the beginning and the end are told, and how much is not; memory stays small", async () => {
  const before = process.memoryUsage().rss;
  const { end, lines, batches } = await run(aJob("yes 012345678 | head -c 100000000; echo the end"));
  expect(end).toEqual({ how: "ended", code: 0 });
  expect(lines.at(-1)).toBe("the end");
  const said = lines.find((line) => line.startsWith("["));
  const leftOut = Number(/^\[(\d+) bytes/.exec(said ?? "")?.[1]);
  const told = lines.filter((line) => line !== said).join("\n").length + 1;
  // A line that the cut went through is in both parts.
  expect(Math.abs(leftOut + told - 100_000_008)).toBeLessThan(20);
  expect(batches.length).toBeLessThan(30);
  expect(process.memoryUsage().rss - before).toBeLessThan(64 * 1024 * 1024);
});

test("whoever starts it again joins it: it runs once, and its lines go on where they were left", async () => {
  const job = aJob('echo one; echo x >> "$PWD/ran"; until [ -e go ]; do sleep 0.02; done; echo two; exit 5');
  const leaving = new AbortController();
  const first: string[] = [];
  const left = await runJob(
    job,
    ({ lines }) => {
      first.push(...lines);
      leaving.abort();
    },
    leaving.signal,
  );
  expect(left).toEqual({ how: "left running" });
  writeFileSync(join(folder, "go"), "");
  const { end, lines, batches } = await run(job);
  expect(end).toEqual({ how: "ended", code: 5 });
  expect([first, lines]).toEqual([["one"], ["two"]]);
  expect(batches[0]?.sequence).toBe(1);
  expect(await readIfThere(join(folder, "ran"))).toBe("x\n");
});

test("two that start it at once run it once", async () => {
  const job = aJob('echo x >> "$PWD/ran"; sleep 0.1');
  const ends = await Promise.all([run(job), run(job)]);
  expect(ends.map(({ end }) => end)).toEqual([
    { how: "ended", code: 0 },
    { how: "ended", code: 0 },
  ]);
  expect(await readIfThere(join(folder, "ran"))).toBe("x\n");
});

test("one whose shim was killed is lost, and nothing of it goes on", async () => {
  const job = aJob("echo here; sleep 600");
  let killed = false;
  const { how } = await runJob(
    job,
    () => {
      void readIfThere(join(job.folder, "owner")).then((owner) => {
        process.kill(Number(owner?.split(" ")[0]), "SIGKILL");
        killed = true;
      });
    },
    new AbortController().signal,
  );
  expect(killed).toBe(true);
  expect(how).toBe("lost");
});

test("one that a reboot ended is lost", async () => {
  const job = aJob("echo never again");
  await run({ ...job, args: ["-c", "true"] });
  rmSync(join(job.folder, "result"));
  writeFileSync(join(job.folder, "owner"), `${process.pid} another-boot 1\n`);
  expect((await run(job)).end).toEqual({ how: "lost" });
});
