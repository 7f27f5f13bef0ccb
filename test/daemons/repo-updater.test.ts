import { mkdtempSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { repoUpdater } from "../../daemons/repo-updater.ts";
import { backOff } from "../../daemons/repo-updater/back-off.ts";
import { updatesOf } from "../../daemons/repo-updater/updates.ts";
import { openMirrors } from "../../lib/effects/git.ts";
import { hostName, NO_REVISION, refName, repositoryName } from "../../lib/schema/names.ts";
import { aPush } from "../support/builders.ts";
import { given } from "../support/given.ts";
import { aRepository, type Repository } from "../support/repository.ts";

const SHOP = repositoryName.parse("shop");
const HOST = hostName.parse("web1");

let folder: string;
let shop: Repository;
let time: number;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "skein-updater-"));
  shop = aRepository(folder);
  time = Date.parse("2026-11-21T10:15:02Z");
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

const repositories = () => ({ shop: { url: shop.central } });
const open = (more: Record<string, { url: string }> = {}) =>
  given(
    repoUpdater,
    { retry: "10s" },
    { settings: { state: folder, repositories: { ...repositories(), ...more } }, now: () => new Date(time) },
  );
const mirror = () => openMirrors(join(folder, "mirrors"), repositories()).of(SHOP);

test("a push is in the mirror once it was heard of, and what changed is told", async () => {
  const daemon = await open();
  const after = shop.push();
  expect(await daemon.when("commit.pushed", aPush({ after }))).toMatchObject([
    {
      type: "mirror.updated",
      data: {
        repository: "shop",
        host: "builder",
        changes: [{ ref: "refs/heads/main", before: NO_REVISION, after }],
      },
    },
  ]);
  expect(await mirror().resolve(refName.parse("refs/heads/main"))).toBe(after);
  expect(await daemon.when("commit.pushed", aPush({ after }))).toEqual([]);
});

test("what was pushed while nobody listened is fetched at the start", async () => {
  const after = shop.push();
  const daemon = await open();
  expect(await daemon.reconcile()).toMatchObject([
    { type: "mirror.updated", data: { changes: [{ after }] } },
  ]);
  expect(await daemon.tick()).toEqual([]);
});

test("after new settings, what they add is fetched without a push", async () => {
  shop.push();
  const daemon = await open();
  expect(await daemon.tick()).toMatchObject([{ type: "mirror.updated" }]);
});

test("a repository that is not configured is not fetched", async () => {
  const daemon = await open();
  for (const repository of ["other", "constructor"]) {
    expect(await daemon.when("commit.pushed", aPush({ repository }))).toEqual([]);
  }
});

test("a repository that is gone is said once, tried again later each time, and told of when it is back", async () => {
  const daemon = await open({ gone: { url: join(folder, "gone.git") } });
  const after = shop.push();
  const gone = aPush({ repository: "gone" });
  expect(await daemon.reconcile()).toMatchObject([
    { type: "mirror.updated", data: { repository: "shop", changes: [{ after }] } },
    { type: "event.said", data: { text: expect.stringMatching(/^builder: Cannot fetch gone: /) as string } },
  ]);
  expect(await daemon.when("commit.pushed", gone)).toEqual([]);
  expect(daemon.said).toHaveLength(1);
  time += 19_000;
  renameSync(shop.central, join(folder, "gone.git"));
  expect(await daemon.tick()).toEqual([]);
  time += 2_000;
  expect(await daemon.tick()).toMatchObject([
    { type: "mirror.updated", data: { repository: "gone" } },
    { type: "event.said", data: { text: "builder: gone can be fetched again" } },
  ]);
});

test("two hundred announcements of one repository are at most a few fetches", async () => {
  const mirrors = openMirrors(join(folder, "mirrors"), repositories());
  let fetches = 0;
  const counted = { fetch: (name: typeof SHOP) => ((fetches += 1), mirrors.fetch(name)) };
  const deps = { fetch: updatesOf(counted, HOST), missing: backOff([], { first: 1, most: 1 }) };
  const daemon = await given(
    repoUpdater,
    {},
    { settings: { state: folder, repositories: repositories() }, deps },
  );
  const after = shop.push();
  const said = await Promise.all(
    Array.from({ length: 200 }, () => daemon.when("commit.pushed", aPush({ after }))),
  );
  expect(fetches).toBe(2);
  expect(said.flat()).toHaveLength(1);
});
