import { renameSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { backOff } from "../../lib/pace/back-off.ts";
import { coalesced } from "../../lib/pace/coalesced.ts";
import { repoUpdater } from "../../daemons/repo-updater.ts";
import { updatesOf } from "../../daemons/repo-updater/updates.ts";
import { openMirrors } from "../../lib/effects/git.ts";
import { Failure } from "../../lib/failure.ts";
import { message } from "../../lib/messages/catalogue.ts";
import { hostName, repositoryName, type RepositoryName, revision } from "../../lib/schema/names.ts";
import { aPush, revisionOf } from "../support/builders.ts";
import { aFolder } from "../support/folder.ts";
import { dataOf, given } from "../support/given.ts";
import { aRepository } from "../support/repository.ts";

const shop = repositoryName.parse("shop");
const settingsOf = (names: readonly string[]) => ({
  repositories: Object.fromEntries(names.map((name) => [name, { url: `/srv/${name}.git` }])),
});

/** A host on which nothing is checked out. */
const NO_CHECKOUTS = {
  of: () => [],
  due: () => [],
  update: () => Promise.resolve([]),
  doubt: () => undefined,
};

const updated = (repository: RepositoryName) =>
  message("mirror.updated", {
    repository,
    host: hostName.parse("web1"),
    changes: [
      {
        ref: "refs/heads/main",
        before: revision.parse(revisionOf("1")),
        after: revision.parse(revisionOf("2")),
      },
    ],
    at: "2026-11-21T10:15:02Z",
    seconds: 0,
  });

/** Fetches that do what a test says. */
function fetching(work: (repository: RepositoryName) => Promise<void>) {
  const begun: RepositoryName[] = [];
  const fetch = coalesced(async (repository: RepositoryName) => {
    begun.push(repository);
    await work(repository);
    return [updated(repository)];
  });
  return {
    begun,
    deps: { fetch, missing: backOff<RepositoryName>([], { first: 0, most: 0 }), checkouts: NO_CHECKOUTS },
  };
}

test("two hundred announcements at once are two fetches", async () => {
  const { begun, deps } = fetching(() => new Promise((resolve) => setImmediate(resolve)));
  const daemon = given(repoUpdater, { settings: settingsOf(["shop"]), deps });
  const said = await Promise.all(Array.from({ length: 200 }, () => daemon.when("commit.pushed", aPush())));
  expect(begun).toEqual(["shop", "shop"]);
  expect(dataOf("mirror.updated", said.flat())).toHaveLength(2);
});

test("two hundred announcements of one push are one change of a real mirror", async () => {
  const folder = aFolder();
  const repository = await aRepository(folder);
  const head = await repository.push();
  const settings = { state: join(folder, "state"), repositories: { shop: { url: repository.path } } };
  const daemon = given(repoUpdater, { settings });
  const said = await Promise.all(
    Array.from({ length: 200 }, () => daemon.when("commit.pushed", aPush({ after: head }))),
  );
  expect(said.flat()).toMatchObject([
    {
      type: "mirror.updated",
      data: { repository: "shop", host: "web1", changes: [{ ref: "refs/heads/main", after: head }] },
    },
    { type: "event.said", data: { text: `web1 fetched change: [shop] refs/heads/main ${head}` } },
  ]);
});

test("a change of a ref with a very long name is told like any other", async () => {
  const folder = aFolder();
  const repository = await aRepository(folder);
  const head = await repository.push();
  const long = `refs/heads/${["a", "b", "c"].map((each) => each.repeat(200)).join("/")}`;
  await repository.git.raw(["push", "origin", `HEAD:${long}`]);
  const settings = { state: join(folder, "state"), repositories: { shop: { url: repository.path } } };
  const [told] = dataOf("mirror.updated", await given(repoUpdater, { settings }).reconcile());
  expect(told?.changes.map(({ ref, after }) => [ref, after])).toContainEqual(["refs/heads/main", head]);
  expect(told?.changes.some(({ ref }) => ref.length === 300 && long.startsWith(ref))).toBe(true);
});

test("a push to a repository that nobody configured fetches nothing", async () => {
  const { begun, deps } = fetching(() => Promise.resolve());
  const daemon = given(repoUpdater, { settings: settingsOf(["shop"]), deps });
  for (const repository of ["payroll", "constructor", "toString"])
    expect(await daemon.when("commit.pushed", aPush({ repository }))).toEqual([]);
  expect(begun).toEqual([]);
});

test("whatever makes fetches due, so many run at once as is configured", async () => {
  let under = 0;
  let most = 0;
  const begun: string[] = [];
  const mirrors = {
    fetch: async (repository: RepositoryName) => {
      begun.push(repository);
      most = Math.max(most, (under += 1));
      await new Promise((resolve) => setImmediate(resolve));
      under -= 1;
      return [];
    },
  };
  const names = Array.from({ length: 20 }, (_none, index) => `r${index}`);
  const fetch = updatesOf(mirrors, hostName.parse("web1"), 3);
  const deps = {
    fetch,
    missing: backOff<RepositoryName>([], { first: 0, most: 0 }),
    checkouts: NO_CHECKOUTS,
  };
  const daemon = given(repoUpdater, { settings: settingsOf(names), deps });
  await Promise.all([
    daemon.reconcile(),
    ...names.map((repository) => daemon.when("commit.pushed", aPush({ repository }))),
  ]);
  expect([...new Set(begun)].sort()).toEqual([...names].sort());
  expect(begun.length).toBeLessThanOrEqual(2 * names.length);
  expect(most).toBe(3);
});

test("what stands in the way is said once, tried again at each tick, and no more once it has passed", async () => {
  let reachable = false;
  const { begun, deps } = fetching((repository) =>
    reachable
      ? Promise.resolve()
      : Promise.reject(
          new Failure("MIRROR_UNREACHABLE", `Cannot fetch ${repository}: away`, { transient: true }),
        ),
  );
  const settings = settingsOf(["shop", "docs"]);
  const daemon = given(repoUpdater, { settings, config: { say: ["problem"] }, deps });
  const said = await Promise.all([1, 2, 3].map(() => daemon.when("commit.pushed", aPush())));
  expect(dataOf("event.said", said.flat())).toMatchObject([
    { source: "repo-updater", text: "web1 problem: Cannot fetch shop: away" },
  ]);
  expect(daemon.logged).toMatchObject([{ level: "warn", text: "Cannot fetch shop: away" }]);
  expect(await daemon.tick()).toEqual([]);
  reachable = true;
  const back = await daemon.tick();
  expect(dataOf("mirror.updated", back)).toMatchObject([{ repository: "shop" }]);
  expect(dataOf("event.said", back)).toMatchObject([{ text: "web1 can fetch shop again" }]);
  begun.length = 0;
  expect(await daemon.tick()).toEqual([]);
  expect(begun).toEqual([]);
});

test("one repository that is away keeps no other from being fetched", async () => {
  const { deps } = fetching((repository) =>
    repository === shop ? Promise.reject(new Error("away")) : Promise.resolve(),
  );
  const settings = settingsOf(["shop", "docs"]);
  const daemon = given(repoUpdater, { settings, config: { say: ["problem"] }, deps });
  const said = await daemon.reconcile();
  expect(dataOf("mirror.updated", said)).toMatchObject([{ repository: "docs" }]);
  expect(dataOf("event.said", said)).toHaveLength(1);
});

test("a real repository that is away and comes back is fetched by a tick", async () => {
  const folder = aFolder();
  const repository = await aRepository(folder);
  const head = await repository.push();
  renameSync(repository.path, `${repository.path}.away`);
  const settings = { state: join(folder, "state"), repositories: { shop: { url: repository.path } } };
  let time = Date.parse("2026-11-21T10:15:02Z");
  const daemon = given(repoUpdater, { settings, config: { retry: "10s" }, now: () => new Date(time) });
  expect(dataOf("event.said", await daemon.reconcile())).toMatchObject([
    { text: expect.stringMatching(/^web1 problem: Cannot fetch shop: /) as unknown },
  ]);
  time += 10_000;
  expect(await daemon.tick()).toEqual([]);
  time += 20_000;
  renameSync(`${repository.path}.away`, repository.path);
  expect(dataOf("mirror.updated", await daemon.tick())).toMatchObject([
    { changes: [{ ref: "refs/heads/main", before: revisionOf("0"), after: head }] },
  ]);
  expect(
    await openMirrors(join(folder, "state", "mirrors"), settings.repositories)
      .of(shop)
      .has(head),
  ).toBe(true);
});

test("after new settings, what they add is fetched without a push", async () => {
  const folder = aFolder();
  const repository = await aRepository(folder);
  const head = await repository.push();
  const settings = { state: join(folder, "state"), repositories: { shop: { url: repository.path } } };
  const daemon = given(repoUpdater, { settings });
  expect(dataOf("mirror.updated", await daemon.tick())).toMatchObject([{ changes: [{ after: head }] }]);
  expect(await daemon.tick()).toEqual([]);
});
