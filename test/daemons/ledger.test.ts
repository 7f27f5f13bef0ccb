import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ledger } from "../../daemons/ledger.ts";
import { memoryHub } from "../../lib/bus/memory.ts";
import { message, type Message } from "../../lib/messages/catalogue.ts";
import { enclose, parseData } from "../../lib/messages/envelope.ts";
import { buildId, hostName, repositoryName, revision } from "../../lib/schema/names.ts";
import { type Ledger, openLedger } from "../../lib/store/ledger.ts";
import { aPush, revisionOf } from "../support/builders.ts";
import { listen, publish, start } from "../support/daemons.ts";
import { dataOf, given } from "../support/given.ts";

let state: string;
let opened: Ledger;

beforeEach(() => {
  state = mkdtempSync(join(tmpdir(), "skein-ledger-"));
  opened = openLedger(state);
});

afterEach(async () => {
  await opened.close();
  rmSync(state, { recursive: true, force: true });
});

const at = "2026-11-21T10:15:02Z";
const enclosed = (said: Message, now = new Date(at)) => enclose(said, { source: "//test/test", now });
const id = buildId.parse(`shop@${revisionOf("a")}`);
const about = { build: id, repository: "shop", ref: "refs/heads/main", revision: revisionOf("a") };
const finished = (outcome: string, when = at) =>
  enclosed(
    message(
      "build.finished",
      parseData("build.finished", { ...about, outcome, at: when, seconds: 1, steps: [] }),
    ),
  );
const alive = (when: string) =>
  enclosed(
    message(
      "host.alive",
      parseData("host.alive", { host: "web1", version: "0", labels: {}, facts: {}, apps: [], at: when }),
    ),
    new Date(when),
  );

test("the daemon keeps what it hears, once however often it comes", async () => {
  const daemon = await start(ledger, () => ({ state }));
  await publish(daemon.hub, "commit.pushed", aPush());
  await publish(daemon.hub, "commit.pushed", aPush());
  await publish(daemon.hub, "commit.pushed", aPush({ after: revisionOf("b") }));
  const after = async () => (await opened.newest(["commit.pushed"], 10)).map(({ data }) => data.after);
  await expect.poll(after).toEqual([revisionOf("b"), revisionOf("a")]);
  await daemon.stop();
});

test("whoever was there before it is asked, and so becomes known", async () => {
  const hub = memoryHub();
  const questions = await listen(hub, "host.asked");
  const daemon = await start(ledger, () => ({ state }), hub);
  expect((await questions.next()).data).toMatchObject({ refs: false });
  await daemon.stop();
});

test("the newest end of a build counts", async () => {
  expect(await opened.buildOf(repositoryName.parse("shop"), revision.parse(revisionOf("a")))).toBeUndefined();
  await opened.record(finished("failed"));
  await opened.record(finished("passed", "2026-11-21T11:00:00Z"));
  expect(await opened.buildOf(repositoryName.parse("shop"), revision.parse(revisionOf("a")))).toMatchObject({
    outcome: "passed",
  });
});

describe("several jobs build one revision", () => {
  const shop = repositoryName.parse("shop");
  const [a, b] = [revision.parse(revisionOf("a")), revision.parse(revisionOf("b"))];
  const of = (job: string, more: object = {}) => ({
    ...about,
    build: `${job}@${revisionOf("a")}`,
    at,
    ...more,
  });
  const starts = (job: string, more: object = {}) =>
    opened.record(
      enclosed(message("build.started", parseData("build.started", { ...of(job, more), host: "web1" }))),
    );
  const ends = (job: string, outcome: string, more: object = {}) =>
    opened.record(
      enclosed(
        message(
          "build.finished",
          parseData("build.finished", { ...of(job, more), outcome, seconds: 1, steps: [] }),
        ),
      ),
    );

  test("it has passed when every build that began has", async () => {
    expect(await opened.isBuilt(shop, a)).toBe(false);
    await starts("unit");
    await starts("lint");
    expect(await opened.isBuilt(shop, a)).toBe(true);
    await ends("unit", "passed");
    expect(await opened.buildOf(shop, a)).toBeUndefined();
    await ends("lint", "passed");
    expect(await opened.buildOf(shop, a)).toMatchObject({ outcome: "passed" });
  });

  test.each(["failed", "errored", "cancelled"])(
    "one that %s decides, whatever the others do",
    async (outcome) => {
      await starts("unit");
      await starts("lint");
      await ends("lint", outcome);
      expect(await opened.buildOf(shop, a)).toMatchObject({ build: `lint@${a}`, outcome });
      await ends("unit", "passed");
      expect(await opened.buildOf(shop, a)).toMatchObject({ build: `lint@${a}`, outcome });
    },
  );

  test("one that is built again counts by its newest build", async () => {
    await ends("unit", "failed");
    await starts("unit", { at: "2026-11-21T11:00:00Z" });
    expect(await opened.buildOf(shop, a)).toBeUndefined();
    await ends("unit", "passed", { at: "2026-11-21T11:05:00Z" });
    expect(await opened.buildOf(shop, a)).toMatchObject({ outcome: "passed" });
  });

  test("one that has passed stays so while it is built again, until that has ended", async () => {
    await ends("unit", "passed");
    await starts("unit", { at: "2026-11-21T11:00:00Z" });
    expect(await opened.buildOf(shop, a)).toMatchObject({ outcome: "passed" });
    await ends("unit", "failed", { at: "2026-11-21T11:05:00Z" });
    expect(await opened.buildOf(shop, a)).toMatchObject({ outcome: "failed" });
  });

  test("builds of another repository, or of another revision, do not count", async () => {
    await ends("unit", "passed");
    await ends("other", "failed", { repository: "docs" });
    await ends("later", "failed", { revision: b, build: `later@${b}` });
    expect(await opened.buildOf(shop, a)).toMatchObject({ outcome: "passed" });
  });
});

test("a log is read in the order of arrival, and from where one was", async () => {
  for (const sequence of [0, 1, 2]) {
    await opened.record(
      enclosed(message("build.log", { build: id, sequence, step: "test", lines: [`line ${sequence}`] })),
    );
  }
  const all = await opened.about(id);
  expect(all.map(({ data }) => ("lines" in data ? data.lines : []))).toEqual([
    ["line 0"],
    ["line 1"],
    ["line 2"],
  ]);
  expect(await opened.about(id, all[1]?.sequence)).toEqual([all[2]]);
});

test("builds and rollouts are found by how their id begins; a wildcard is a character like any other", async () => {
  await opened.record(finished("passed"));
  expect(await opened.subjectsLike("shop@a", 5)).toEqual([id]);
  expect(await opened.subjectsLike("%", 5)).toEqual([]);
});

test("of a host only the last word is kept", async () => {
  await opened.record(alive("2026-11-21T10:00:00Z"));
  await opened.record(alive("2026-11-21T10:05:00Z"));
  expect(await opened.hosts()).toMatchObject([{ host: "web1", at: "2026-11-21T10:05:00Z" }]);
});

test("two processes may write at once", async () => {
  const other = openLedger(state);
  const pushes = (to: Ledger, digit: string) =>
    Array.from({ length: 50 }, (_, index) =>
      to.record(
        enclosed(
          message("commit.pushed", aPush({ after: revisionOf(digit), at: new Date(index).toISOString() })),
        ),
      ),
    );
  await Promise.all([...pushes(opened, "a"), ...pushes(other, "b")]);
  await other.close();
  expect(await opened.newest(["commit.pushed"], 1_000)).toHaveLength(100);
});

test("who was heard is kept, with how it was and when, and is forgotten after a long time", async () => {
  const known = { daemon: "agent", host: hostName.parse("web1"), version: "1", state: "ready" as const };
  await opened.keepDaemons([{ ...known, seen: 1_000, silent: true }], new Date(0));
  await opened.keepDaemons([{ ...known, daemon: "access", seen: 3_000, silent: false }], new Date(0));
  expect(await opened.daemons()).toEqual([
    { ...known, daemon: "access", seen: 3_000, silent: false },
    { ...known, seen: 1_000, silent: true },
  ]);
  await opened.keepDaemons([], new Date(2_000));
  expect(await opened.daemons()).toMatchObject([{ daemon: "access" }]);
});

test("a daemon that falls silent is told of, and stands in the ledger as silent; so is its return", async () => {
  let now = Date.parse(at);
  const daemon = given(ledger, { settings: { state }, now: () => new Date(now) });
  const alive = (who: string) =>
    daemon.when(
      "daemon.alive",
      parseData("daemon.alive", { daemon: who, host: "web1", version: "1", state: "ready", at }),
    );
  const texts = async () => dataOf("event.said", await daemon.tick()).map(({ text }) => text);
  const hear = async (...names: string[]) => {
    for (const name of names) await alive(name);
  };
  await daemon.reconcile();
  await hear("ledger", "agent");
  expect(await texts()).toEqual([]);
  now += 61_000;
  await hear("ledger");
  expect(await texts()).toEqual([`agent on web1 has been silent since ${new Date(at).toISOString()}`]);
  expect(await opened.daemons()).toMatchObject([
    { daemon: "agent", silent: true },
    { daemon: "ledger", silent: false },
  ]);
  await hear("ledger", "agent");
  expect(await texts()).toEqual(["agent on web1 is back"]);
  expect(await opened.daemons()).toMatchObject([{ daemon: "agent", silent: false }, { daemon: "ledger" }]);
  await ledger.dispose?.((await daemon.context()).deps);
});
