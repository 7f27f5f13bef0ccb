import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { execFileSync } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, expect, test } from "vitest";
import { announcer } from "../../daemons/announcer.ts";
import { readSpooled } from "../../daemons/announcer/spooled.ts";
import { installHook } from "../../lib/effects/hooks.ts";
import type { Data, Message } from "../../lib/messages/catalogue.ts";
import { enclose, encode } from "../../lib/messages/envelope.ts";
import { NO_REVISION, refName } from "../../lib/schema/names.ts";
import { given } from "../support/given.ts";
import { aRepository, type Repository } from "../support/repository.ts";

const HOOK = join(import.meta.dirname, "../../hooks/post-receive");
const ONE = "1".repeat(40);

let folder: string;
let spool: string;
let shop: Repository;
let daemon: ReturnType<typeof open>;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "skein-announcer-"));
  spool = join(folder, "spool", "announce");
  shop = await aRepository(folder);
  await installHook({ repository: shop.path, name: "shop", spool, hook: HOOK });
  daemon = open();
});

const open = () =>
  given(announcer, {
    config: { poll: "1ms" },
    settings: { state: folder, repositories: { shop: { url: shop.path } } },
  });

afterEach(async () => {
  (await daemon.context()).deps.spool.close();
  rmSync(folder, { recursive: true, force: true });
});

const pushes = (messages: readonly Message[]): Data<"commit.pushed">[] =>
  messages.flatMap((each) => (each.type === "commit.pushed" ? [each.data] : []));
const events = (messages: readonly Message[]): string[] =>
  messages.flatMap((each) => (each.type === "event.said" ? [each.data.text] : []));
const waiting = () => readdirSync(spool).filter((name) => name !== "rejected");
const rejected = () => readdirSync(join(spool, "rejected"));

/** A file as the hook writes it. */
function spoolFile({ name = "shop", path = shop.path, lines = "" }, file = "push-by-hand"): void {
  writeFileSync(join(spool, file), `skein-push 1\nname ${name}\npath ${path}\npusher eve\n${lines}end\n`);
}

test("a push to a new branch tells of its commits, the newest first, and of who pushed", async () => {
  const first = await shop.commit({}, "Grüße\n\nrepo: payroll\nnewrev: 0\n");
  const second = await shop.push({}, "zweitens");
  const [push, ...others] = pushes(await daemon.tick());
  expect(others).toEqual([]);
  expect(push).toMatchObject({
    repository: "shop",
    ref: "refs/heads/main",
    before: NO_REVISION,
    after: second,
    change: "created",
    pusher: "zoë",
    total: 2,
  });
  expect(push?.commits).toMatchObject([
    { revision: second, message: "zweitens" },
    {
      revision: first,
      message: "Grüße\n\nrepo: payroll\nnewrev: 0",
      author: { name: "Zoë Ågren", email: "zoe@example.com" },
    },
  ]);
  expect(waiting()).toEqual([]);
});

test("an update, a rewind and a deletion are told apart", async () => {
  const first = await shop.push();
  const second = await shop.push();
  await shop.git.raw("reset", "--quiet", "--hard", first);
  await shop.git.raw("push", "--quiet", "--force", "origin", "main");
  const third = await shop.push();
  await shop.git.raw("push", "--quiet", "origin", "main:old", ":refs/heads/none");
  await shop.git.raw("push", "--quiet", "origin", ":old");
  expect(
    pushes(await daemon.tick()).map(({ before, after, change, total }) => ({ before, after, change, total })),
  ).toEqual([
    { before: NO_REVISION, after: first, change: "created", total: 1 },
    { before: first, after: second, change: "updated", total: 1 },
    { before: second, after: first, change: "forced", total: 0 },
    { before: first, after: third, change: "updated", total: 1 },
    { before: NO_REVISION, after: third, change: "created", total: 0 },
    { before: third, after: NO_REVISION, change: "deleted", total: 0 },
  ]);
});

test("a tag leads to its commit, whether it is annotated or not", async () => {
  const first = await shop.push();
  await shop.git.raw("tag", "light");
  await shop.git.raw("tag", "--annotate", "--message", "release", "v1");
  await shop.git.raw("push", "--quiet", "origin", "light", "v1");
  const second = await shop.commit();
  await shop.git.raw("tag", "--annotate", "--force", "--message", "again", "v1");
  await shop.git.raw("push", "--quiet", "--force", "origin", "v1");
  const [, light, annotated, moved] = pushes(await daemon.tick());
  expect([light, annotated]).toMatchObject([
    { ref: "refs/tags/light", after: first, change: "created", commits: [{ revision: first }] },
    { ref: "refs/tags/v1", after: first, change: "created", commits: [{ revision: first }] },
  ]);
  expect(moved).toMatchObject({ ref: "refs/tags/v1", before: first, after: second, change: "updated" });
});

test("three refs in one push are three messages, and each tells of the commits that all brought", async () => {
  const only = await shop.commit();
  await shop.git.raw("push", "--quiet", "origin", "main", "main:next", "main:refs/tags/v1");
  const said = pushes(await daemon.tick());
  expect(said.map(({ ref, commits }) => [ref, commits.map(({ revision }) => revision)])).toEqual([
    ["refs/heads/main", [only]],
    ["refs/heads/next", [only]],
    ["refs/tags/v1", [only]],
  ]);
});

test("a deletion that comes first in a push keeps no other ref of it from being announced", async () => {
  const first = await shop.push();
  await shop.git.raw("push", "--quiet", "origin", "main:aa");
  await daemon.tick();
  const second = await shop.commit();
  await shop.git.raw("push", "--quiet", "origin", ":aa", "main", "main:zz");
  expect(pushes(await daemon.tick()).map(({ ref, before, after }) => [ref, before, after])).toEqual([
    ["refs/heads/aa", first, NO_REVISION],
    ["refs/heads/main", first, second],
    ["refs/heads/zz", NO_REVISION, second],
  ]);
});

test("what leads to no commit, and what no ref of ours can be called, is said to people and not announced", async () => {
  await shop.push({ page: "text" });
  await daemon.tick();
  const blob = (await shop.git.raw("rev-parse", "HEAD:page")).trim();
  const hostile = ["--upload-pack=touch", ";touch${IFS}x", "$(id)", "`id`", "a|b", "\u202egnp", "ä", ONE];
  await shop.git.raw(
    "push",
    "--quiet",
    "origin",
    `${blob}:refs/tags/blob`,
    ...hostile.map((name) => `HEAD:refs/heads/${name}`),
  );
  const said = await daemon.tick();
  expect(pushes(said)).toEqual([]);
  expect(events(said)).toHaveLength(hostile.length + 1);
  expect(events(said).filter((text) => text.includes("\\u202egnp"))).toHaveLength(1);
  expect(events(said).filter((text) => text.includes("leads to no commit"))).toHaveLength(1);
});

test("a push that is announced again, after a crash, has the same id", async () => {
  await shop.push();
  const [name = ""] = waiting();
  const ids = async () =>
    (await daemon.tick()).map((each) => enclose(each, { source: "//a/b", now: new Date() }).id);
  execFileSync("cp", ["--preserve=timestamps", join(spool, name), join(folder, "kept")]);
  const first = await ids();
  execFileSync("mv", [join(folder, "kept"), join(spool, name)]);
  expect(await ids()).toEqual(first);
  expect(first).toHaveLength(1);
});

test("a file stays until what it tells is safe", async () => {
  await shop.push();
  const replies = announcer.every?.tick(await daemon.context()) as AsyncGenerator<Message>;
  expect((await replies.next()).value).toMatchObject({ type: "commit.pushed" });
  expect(waiting()).toHaveLength(1);
  await replies.return(undefined);
  expect(waiting()).toHaveLength(1);
  expect(pushes(await daemon.tick())).toHaveLength(1);
  expect(waiting()).toEqual([]);
});

test.each<readonly [string, () => void | Promise<void>]>([
  ["what is no push", () => writeFileSync(join(spool, "push-x"), "hello\n")],
  [
    "half a push",
    async () => {
      await shop.push();
      truncateSync(join(spool, waiting()[0] ?? ""), 120);
    },
  ],
  ["an empty file", () => writeFileSync(join(spool, "push-x"), "")],
  [
    "a path in the place of a name",
    () => spoolFile({ name: "../../etc", lines: `${ONE} ${ONE} refs/heads/main\n` }),
  ],
  [
    "a name that every object has",
    () => spoolFile({ name: "constructor", lines: `${ONE} ${ONE} refs/heads/main\n` }),
  ],
  [
    "a repository that is not configured",
    () => spoolFile({ name: "other", lines: `${ONE} ${ONE} refs/heads/main\n` }),
  ],
  ["an id that is none", () => spoolFile({ lines: `HEAD ${ONE} refs/heads/main\n` })],
  ["more than any push", () => spoolFile({ lines: `${ONE} ${ONE} refs/heads/main\n`.repeat(60_000) })],
  [
    "a link, whatever it leads to",
    () => {
      spoolFile({ lines: `${ONE} ${ONE} refs/heads/main\n` }, "../elsewhere");
      symlinkSync("../elsewhere", join(spool, "push-x"));
    },
  ],
  ["a folder", () => mkdirSync(join(spool, "push-x"))],
  ["a pipe", () => execFileSync("sh", ["-c", `mkfifo ${join(spool, "push-x")}`])],
])("%s is set aside, and the next push is announced all the same", async (_what, put) => {
  await put();
  await shop.push();
  expect(pushes(await daemon.tick())).toHaveLength(1);
  expect(waiting()).toEqual([]);
  expect(rejected()).toHaveLength(1);
  expect(daemon.logged).toMatchObject([{ level: "warn" }]);
});

test("a push that a killed hook had written down, but not given its name, is announced later", async () => {
  spoolFile({ lines: `${ONE} ${ONE} refs/heads/main\n` }, ".push-x");
  expect(await daemon.tick()).toEqual([]);
  utimesSync(join(spool, ".push-x"), 1_000, 1_000);
  expect(pushes(await daemon.tick())).toHaveLength(1);
});

test("where the commits cannot be read, the push is still news", async () => {
  await shop.push();
  rmSync(shop.path, { recursive: true });
  expect(pushes(await daemon.tick())).toMatchObject([
    { ref: "refs/heads/main", change: "created", commits: [], total: 0 },
  ]);
  expect(daemon.logged).toMatchObject([{ level: "warn" }]);
});

test("a hundred long messages fit into what a broker takes", async () => {
  const long = "\u0001ü".repeat(4_000);
  for (let count = 0; count < 20; count += 1) await shop.commit({}, `${count}\n\n${long}`);
  await shop.git.raw("push", "--quiet", "origin", "main");
  const [said] = await daemon.tick();
  if (said?.type !== "commit.pushed") throw new Error("nothing was announced");
  expect(encode(enclose(said, { source: "//a/b", now: new Date() })).length).toBeLessThan(512 * 1024);
  expect([said.data.total, said.data.commits[0]?.message.startsWith("19")]).toEqual([20, true]);
});

test("a gone spool is waited for", async () => {
  await daemon.context();
  rmSync(spool, { recursive: true });
  await expect(daemon.tick()).rejects.toThrow("ENOENT");
  mkdirSync(spool);
  await shop.push();
  expect(pushes(await daemon.tick())).toHaveLength(1);
});

test("whatever stands in a file of the spool, it is a push that fits or nothing", async () => {
  const line = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.constantFrom("skein-push 1", "name shop", "path /x", "pusher ", "end", `${ONE} ${ONE} refs/heads/-x`),
  );
  fc.assert(
    fc.property(fc.array(line, { maxLength: 12 }), (lines) => {
      const read = readSpooled(lines.join("\n"));
      if (read?.kind !== "push") return;
      expect(read.moved.every(({ ref }) => !ref.includes("\n"))).toBe(true);
      expect(read.pusher.length).toBeLessThanOrEqual(300);
    }),
    { numRuns: 500 },
  );
});

test("a push survives being written down and read, whatever its refs and its pusher are called", async () => {
  const text = fc
    .string({ unit: "binary", minLength: 1, maxLength: 60 })
    .filter((said) => !/[\n\0]/.test(said));
  fc.assert(
    fc.property(fc.array(text, { minLength: 1, maxLength: 5 }), text, (refs, pusher) => {
      const lines = refs.map((ref) => `${ONE} ${ONE} ${ref}\n`).join("");
      expect(
        readSpooled(`skein-push 1\nname shop\npath /srv/shop.git\npusher ${pusher}\n${lines}end\n`),
      ).toEqual({
        kind: "push",
        common: false,
        name: "shop",
        path: "/srv/shop.git",
        pusher,
        moved: refs.map((ref) => ({ before: ONE, after: ONE, ref })),
      });
    }),
  );
});

test("no name with which git, a shell or a path could be fooled is a ref that is announced", async () => {
  const parts = fc.constantFrom(
    "-",
    "--",
    ";",
    "$(",
    "`",
    "..",
    "@{",
    "/",
    "~",
    "^",
    ":",
    "*",
    " ",
    "\n",
    "\0",
    "\u202e",
    "\\",
    "'",
    '"',
    "|",
    "&",
    ".lock",
    "HEAD",
  );
  const name = fc.tuple(fc.string(), parts, fc.string()).map((all) => `refs/heads/${all.join("")}`);
  fc.assert(
    fc.property(name, (said) => {
      const { success } = refName.safeParse(said);
      expect(success && /(\.\.|@\{|\/\/|[^A-Za-z0-9._/@+-])/.test(said)).toBe(false);
    }),
  );
});

test("of very many commits the newest hundred are listed, and all are counted", async () => {
  await shop.push({}, "0");
  await daemon.tick();
  for (let count = 1; count <= 103; count += 1) await shop.commit({}, `${count}`);
  await shop.git.raw(["push", "--quiet", "origin", "main"]);
  const [push] = pushes(await daemon.tick());
  expect(push?.total).toBe(103);
  expect(push?.commits.map(({ message }) => message)).toEqual(
    Array.from({ length: 100 }, (_none, index) => `${103 - index}`),
  );
});

test("a message of ten megabytes is told by its beginning", async () => {
  writeFileSync(join(folder, "message"), `big\n\n${"x".repeat(10 * 1024 * 1024)}`);
  await shop.git.raw(["commit", "--quiet", "--allow-empty", "--file", join(folder, "message")]);
  await shop.push({}, "after");
  const [push] = pushes(await daemon.tick());
  expect(push?.commits.map(({ message }) => message.length)).toEqual([5, 4_096]);
});

test("a file stays until the last of its messages was taken", async () => {
  await shop.commit();
  await shop.git.raw(["push", "--quiet", "origin", "main", "main:next", "main:refs/tags/v1"]);
  const replies = announcer.every?.tick(await daemon.context()) as AsyncGenerator<Message>;
  for (let taken = 0; taken < 3; taken += 1) {
    expect((await replies.next()).done).toBe(false);
    expect(waiting()).toHaveLength(1);
  }
  expect((await replies.next()).done).toBe(true);
  expect(waiting()).toEqual([]);
});

test.each([
  ["a line separator", "a\u2028b"],
  ["a text that seems to have no width", "a\u200bb"],
  ["two hundred and fifty characters", "x".repeat(250)],
  ["nothing but zeros", "0".repeat(40)],
  ["the name of something that every object has", "__proto__"],
  ["an option", "-x"],
])("a branch called %s keeps no other branch of its push from being announced", async (_what, name) => {
  const head = await shop.commit();
  await shop.git.raw(["push", "--quiet", "origin", "main", `main:refs/heads/${name}`]);
  const said = await daemon.tick();
  expect(pushes(said)).toMatchObject([{ ref: "refs/heads/main", after: head }]);
  expect(events(said)).toHaveLength(1);
  expect(events(said)[0]).not.toMatch(/[\u2028\u200b]/);
});

test("a push tells which paths it changed, also that of a new branch; a tag changes none", async () => {
  const told = async () =>
    pushes(await daemon.tick()).map(({ ref, paths }) => [ref, paths?.changed, paths?.cut]);
  await shop.push({ "docs/a.md": "1", "src/a.ts": "1" });
  expect(await told()).toEqual([["refs/heads/main", ["docs/a.md", "src/a.ts"], false]]);
  await shop.push({ "src/a.ts": "2" });
  expect(await told()).toEqual([["refs/heads/main", ["src/a.ts"], false]]);
  await shop.git.checkoutLocalBranch("feature");
  await shop.push({ "src/b.ts": "1" });
  expect(await told()).toEqual([["refs/heads/feature", ["src/b.ts"], false]]);
  await shop.git.push("origin", "HEAD:refs/heads/same");
  await shop.git.addTag("v1");
  await shop.git.push("origin", "v1");
  expect(await told()).toEqual([
    ["refs/heads/same", undefined, undefined],
    ["refs/tags/v1", undefined, undefined],
  ]);
});
