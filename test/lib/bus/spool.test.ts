import * as fc from "fast-check";
import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { openSpool, type Spool } from "../../../lib/bus/spool.ts";
import { quietLog, type SaidLine, tellingLog } from "../../support/logs.ts";

const folders: string[] = [];
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
});

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "skein-spool-"));
  folders.push(path);
  return path;
}

const open = (path: string, limit = 1_000_000): Promise<Spool> =>
  openSpool({ folder: path, limit, log: quietLog });

const saying = (text: string) => ({
  destination: "/queue/a",
  headers: { subject: text },
  body: Buffer.from(text),
  persistent: true,
});

async function textsOf({ left }: Spool): Promise<readonly string[]> {
  const read = await Promise.all(left.map((entry) => entry.read()));
  return read.map((outgoing) => Buffer.from(outgoing?.body ?? "gone").toString());
}

test("what was written is found by the next process, as it was", async () => {
  const path = await folder();
  const outgoing = { ...saying("ä\0\n"), body: Uint8Array.from({ length: 256 }, (_, index) => index) };
  await (await open(path)).add(outgoing).written;

  const [entry] = (await open(path)).left;
  const { body, ...head } = (await entry?.read()) ?? saying("");
  expect({ ...head, body: [...body] }).toEqual({ ...outgoing, body: [...outgoing.body] });
});

test("messages keep their order, whatever was added and delivered before a restart", async () => {
  const step = fc.oneof(
    fc.constant("add" as const),
    fc.constant("deliver" as const),
    fc.constant("restart" as const),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
      const path = await folder();
      let spool = await open(path);
      let entries = [...spool.left];
      let expected: string[] = [];
      let count = 0;
      for (const each of steps) {
        if (each === "add") {
          const text = String(++count);
          const entry = spool.add(saying(text));
          await entry.written;
          entries.push(entry);
          expected.push(text);
        } else if (each === "deliver") {
          await entries.shift()?.remove();
          expected = expected.slice(1);
        } else {
          spool = await open(path);
          entries = [...spool.left];
        }
      }
      expect(await textsOf(await open(path))).toEqual(expected);
    }),
    { numRuns: 15 },
  );
});

test("many messages at once keep the order in which they were added", async () => {
  const path = await folder();
  const spool = await open(path);
  const texts = Array.from({ length: 50 }, (_, index) => `m${index}`);
  await Promise.all(texts.map((text) => spool.add(saying(text)).written));

  expect(await textsOf(await open(path))).toEqual(texts);
});

test.each([
  ["torn", (path: string) => truncate(path, 90)],
  ["empty", (path: string) => truncate(path, 0)],
  [
    "altered",
    async (path: string) => writeFile(path, (await readFile(path, "latin1")).replace("/queue/a", "/queue/b")),
  ],
])("a %s file is set aside with a word in the log, and the rest goes on", async (_name, damage) => {
  const path = await folder();
  const before = await open(path);
  for (const text of ["one", "two", "three"]) await before.add(saying(text)).written;
  await damage(join(path, "0000000000000002.msg"));
  const lines: SaidLine[] = [];

  const spool = await openSpool({
    folder: path,
    limit: 1_000_000,
    log: tellingLog(lines),
  });

  expect(await textsOf(spool)).toEqual(["one", "gone", "three"]);
  expect(await readdir(join(path, "aside"))).toEqual(["0000000000000002.msg"]);
  expect(lines).toEqual([expect.objectContaining({ level: "error" })]);
});

test("what was only half written when the process died is gone", async () => {
  const path = await folder();
  await writeFile(join(path, ".0000000000000001.msg.tmp"), "half");

  expect((await open(path)).left).toEqual([]);
  expect(await readdir(path)).toEqual(["aside"]);
});

test("a full spool refuses, and takes again when something was delivered", async () => {
  const spool = await open(await folder(), 400);
  const first = spool.add(saying("a".repeat(50)));
  await first.written;

  await expect(spool.add(saying("b".repeat(100))).written).rejects.toMatchObject({
    code: "SPOOL_FAILED",
    transient: true,
  });
  await first.remove();
  await expect(spool.add(saying("c".repeat(50))).written).resolves.toBeUndefined();
});

test("a spool whose disk fails refuses", async () => {
  const path = await folder();
  const spool = await open(path);
  await rm(path, { recursive: true });

  await expect(spool.add(saying("lost")).written).rejects.toMatchObject({ code: "SPOOL_FAILED" });
});

test("a folder that cannot be one is told at the start", async () => {
  const path = join(await folder(), "file");
  await writeFile(path, "");

  await expect(open(path)).rejects.toMatchObject({ code: "SPOOL_FAILED" });
});
