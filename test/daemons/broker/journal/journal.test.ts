import { Buffer } from "node:buffer";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readDestination } from "../../../../daemons/broker/destination.ts";
import { startJournal } from "../../../../daemons/broker/journal.ts";
import type { Entry, Journal } from "../../../../daemons/broker/journal/entry.ts";
import { Stored } from "../../../../daemons/broker/journal/stored.ts";
import type { LogEntry } from "../../../../daemons/broker/log.ts";
import { slices } from "../support/frames.ts";
import { TestDisk } from "../support/disk.ts";
import { encodeRecord, RecordReader } from "../../../../daemons/broker/journal/record.ts";

const NEVER = Number.POSITIVE_INFINITY;
const silent = () => undefined;

const aMessage = (id: string, body = "", headers: readonly [string, string][] = []): Entry => ({
  kind: "message",
  message: {
    id,
    destination: readDestination("/queue/a"),
    headers: new Map(headers),
    body: Buffer.from(body),
    persistent: true,
  },
  mailboxes: ["/queue/a"],
});
const settled = (message: string): Entry => ({ kind: "settled", message, mailbox: "/queue/a" });

const write = (journal: Journal, ...entries: readonly Entry[]) =>
  new Promise<Error | undefined>((resolve) => journal.append(entries, resolve));

async function contents(disk: TestDisk): Promise<Entry[]> {
  const { stored, journal } = await startJournal(disk.restarted(), silent, NEVER);
  await journal.close();
  return [...stored.entries()];
}

const idsIn = async (disk: TestDisk) =>
  (await contents(disk)).flatMap((entry) => (entry.kind === "message" ? [entry.message.id] : []));

/** Entries of all kinds about few names, so that they meet. */
const entries: fc.Arbitrary<Entry> = fc.oneof(
  fc
    .record({
      id: fc.constantFrom("m1", "m2", "m3", "m4"),
      body: fc.uint8Array({ maxLength: 2_000 }),
      headers: fc.array(fc.tuple(fc.string({ unit: "binary" }), fc.string({ unit: "binary" })), {
        maxLength: 3,
      }),
      mailboxes: fc.uniqueArray(fc.constantFrom("/queue/a", "/queue/b", '["ann","x"]'), { minLength: 1 }),
    })
    .map(({ id, body, headers, mailboxes }): Entry => ({
      kind: "message",
      message: {
        id,
        destination: readDestination("/topic/a"),
        headers: new Map(headers),
        body: Buffer.from(body),
        persistent: true,
      },
      mailboxes,
    })),
  fc.record({
    kind: fc.constant("settled" as const),
    message: fc.constantFrom("m1", "m2", "m3", "m4"),
    mailbox: fc.constantFrom("/queue/a", "/queue/b", '["ann","x"]'),
  }),
  fc.record({
    kind: fc.constant("subscribed" as const),
    durable: fc.constant('["ann","x"]'),
    destination: fc.constantFrom("/topic/a", "/topic/b.#"),
  }),
  fc.record({ kind: fc.constant("forgotten" as const), durable: fc.constant('["ann","x"]') }),
);

const groups = fc.array(fc.array(entries, { minLength: 1, maxLength: 4 }), { maxLength: 12 });

function folded(groups: readonly (readonly Entry[])[]): Entry[] {
  const stored = new Stored();
  for (const entry of groups.flat()) stored.apply(entry);
  return [...stored.entries()];
}

describe("records", () => {
  test("what is written is read back, wherever it is cut into chunks", () => {
    fc.assert(
      fc.property(groups, fc.array(fc.nat({ max: 3_000 })), (written, cuts) => {
        const bytes = Buffer.concat(written.map(encodeRecord));
        const reader = new RecordReader();
        const read = slices(bytes, cuts).flatMap((chunk) => [...reader.read(chunk)]);
        expect(read).toEqual(written.flat());
        expect(reader.length).toBe(bytes.length);
      }),
      { numRuns: 150 },
    );
  });

  test("a torn tail or a flipped bit costs the record it is in and those behind, never less or more", () => {
    fc.assert(
      fc.property(groups, fc.nat({ max: 5_000 }), fc.boolean(), (written, place, flip) => {
        const records = written.map(encodeRecord);
        const bytes = Buffer.concat(records);
        const at = bytes.length === 0 ? 0 : place % bytes.length;
        const whole = records.filter(
          (_record, index) => Buffer.concat(records.slice(0, index + 1)).length <= at,
        ).length;
        const damaged = Buffer.from(flip ? bytes : bytes.subarray(0, at));
        if (flip && damaged.length > 0) damaged[at] = (damaged[at] ?? 0) ^ 1;
        const read = [...new RecordReader().read(damaged)];
        expect(read).toEqual(written.slice(0, whole).flat());
      }),
      { numRuns: 300 },
    );
  });
});

test("what was confirmed is there after a restart, less what was settled", async () => {
  const disk = new TestDisk();
  const { journal } = await startJournal(disk, silent, NEVER);
  await write(journal, aMessage("m1", "one", [["subject", "hello"]]), aMessage("m2"));
  await write(journal, settled("m2"));
  expect(await contents(disk)).toEqual([aMessage("m1", "one", [["subject", "hello"]])]);
});

test("what the journal amounts to is written again, shorter, when most of it is past", async () => {
  const log: LogEntry[] = [];
  await fc.assert(
    fc.asyncProperty(groups, async (written) => {
      const disk = new TestDisk();
      const { journal } = await startJournal(disk, (entry) => log.push(entry), 0);
      for (const group of written) await write(journal, ...group);
      await journal.close();
      expect(await contents(disk)).toEqual(folded(written));
      expect(disk.files.size).toBe(1);
    }),
    { numRuns: 100 },
  );
  // How often depends on what was drawn; that it happened at all is what keeps this test from saying nothing.
  expect(log.filter(({ event }) => event === "journal.compacted").length).toBeGreaterThan(10);
  expect(log.every(({ before, after }) => Number(after) < Number(before))).toBe(true);
});

test("many appends at once share one write and one sync, and are confirmed in order", async () => {
  const disk = new TestDisk();
  const { journal } = await startJournal(disk, silent, NEVER);
  const before = disk.syncs;
  const confirmed: number[] = [];
  await Promise.all(
    Array.from({ length: 1_000 }, async (_value, index) => {
      await write(journal, aMessage(`m${index}`));
      confirmed.push(index);
    }),
  );
  expect(disk.syncs - before).toBeLessThan(5);
  expect(confirmed).toEqual([...Array(1_000).keys()]);
});

test("an append with nothing to write waits for its turn", async () => {
  const disk = new TestDisk();
  const { journal } = await startJournal(disk, silent, NEVER);
  const order: string[] = [];
  journal.append([aMessage("m1")], () => order.push("written"));
  await new Promise<void>((resolve) => journal.append([], () => resolve()));
  expect(order).toEqual(["written"]);
});

describe("a full disk", () => {
  test("refuses what does not fit, leaves no half of it, and takes the next when there is room", async () => {
    const disk = new TestDisk();
    const log: LogEntry[] = [];
    const { journal } = await startJournal(disk, (entry) => log.push(entry), NEVER);
    expect(await write(journal, aMessage("m1"))).toBeUndefined();
    disk.free = 20;
    expect(await write(journal, aMessage("m2", "x".repeat(500)))).toMatchObject({ message: /no space left/ });
    expect(await idsIn(disk)).toEqual(["m1"]);
    disk.free = NEVER;
    expect(await write(journal, aMessage("m3"))).toBeUndefined();
    expect(await idsIn(disk)).toEqual(["m1", "m3"]);
    expect(log.map(({ event }) => event)).toEqual(["journal.failed"]);
  });

  test("forgets no acknowledgement: it is written when there is room", async () => {
    const disk = new TestDisk();
    const { journal } = await startJournal(disk, silent, NEVER);
    await write(journal, aMessage("m1"), aMessage("m2"));
    disk.free = 0;
    expect(await write(journal, settled("m1"))).toBeDefined();
    disk.free = NEVER;
    await write(journal, aMessage("m3"));
    expect(await idsIn(disk)).toEqual(["m2", "m3"]);
  });

  test("does not keep the journal from being used, though it cannot be rewritten", async () => {
    const disk = new TestDisk();
    const log: LogEntry[] = [];
    const { journal } = await startJournal(disk, (entry) => log.push(entry), 1_000);
    await write(journal, aMessage("m1", "x".repeat(400)), aMessage("m2", "x".repeat(400)));
    disk.free = 100;
    await write(journal, settled("m1"), settled("m2"));
    disk.free = NEVER;
    await write(journal, aMessage("m3"));
    expect(await idsIn(disk)).toEqual(["m3"]);
  });
});

test("whenever the power goes, nothing that was confirmed is lost", async () => {
  await fc.assert(
    fc.asyncProperty(groups, fc.nat({ max: 120 }), async (written, changes) => {
      const disk = new TestDisk();
      const { journal } = await startJournal(disk, silent, 0);
      disk.changesLeft = changes;
      const confirmed: Entry[][] = [];
      for (const group of written) {
        if ((await write(journal, ...group)) !== undefined) break;
        confirmed.push(group);
      }
      // What was being written when the power went may be there, or not.
      const next = written.slice(0, confirmed.length + 1);
      expect([folded(confirmed), folded(next)]).toContainEqual(await contents(disk));
    }),
    { numRuns: 400 },
  );
});

test("a torn tail is cut off, and the broker is told", async () => {
  const disk = new TestDisk();
  const { journal } = await startJournal(disk, silent, NEVER);
  await write(journal, aMessage("m1"));
  const { length } = disk.only.bytes;
  await write(journal, aMessage("m2"));
  disk.only.bytes = disk.only.bytes.subarray(0, -3);
  const log: LogEntry[] = [];
  const again = await startJournal(disk, (entry) => log.push(entry), NEVER);
  expect(log).toMatchObject([{ event: "journal.cut", level: "warn" }]);
  expect(disk.only.bytes.length).toBe(length);
  await write(again.journal, aMessage("m3"));
  expect(await idsIn(disk)).toEqual(["m1", "m3"]);
});

test("a closed journal has written all, and takes nothing more", async () => {
  const disk = new TestDisk();
  const { journal } = await startJournal(disk, silent, NEVER);
  const confirmed = write(journal, aMessage("m1"));
  await journal.close();
  expect(await confirmed).toBeUndefined();
  expect(await write(journal, aMessage("m2"))).toBeInstanceOf(Error);
  expect(await idsIn(disk)).toEqual(["m1"]);
});
