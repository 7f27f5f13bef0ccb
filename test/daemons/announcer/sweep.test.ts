import { execFileSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, onTestFinished, test } from "vitest";
import { announcer } from "../../../daemons/announcer.ts";
import {
  covering,
  differences,
  firstSight,
  isCovered,
  missedBefore,
  ripe,
  told,
} from "../../../daemons/announcer/refs.ts";
import { installHook, uninstallHook } from "../../../lib/effects/hooks.ts";
import type { Data, Message } from "../../../lib/messages/catalogue.ts";
import { enclose } from "../../../lib/messages/envelope.ts";
import { NO_REVISION, refName, type Revision, revision } from "../../../lib/schema/names.ts";
import { aFolder } from "../../support/folder.ts";
import { dataOf, given } from "../../support/given.ts";
import { aRepository, type Repository } from "../../support/repository.ts";

const HOOK = join(import.meta.dirname, "../../../hooks/post-receive");

const pushes = (messages: readonly Message[]) => dataOf("commit.pushed", messages);
const short = ({ ref, before, after, change }: Data<"commit.pushed">) => [ref, before, after, change];

/** A repository with the hook and one branch, and an announcer that has seen it. */
async function theShop(url?: string) {
  const folder = aFolder();
  const shop = await aRepository(folder);
  const spool = join(folder, "spool", "announce");
  await installHook({ repository: shop.path, name: "shop", spool, hook: HOOK });
  const open = () => {
    const daemon = given(announcer, {
      config: { poll: "1ms", sweep: "1h" },
      settings: { state: folder, repositories: { shop: { url: url ?? shop.path } } },
    });
    onTestFinished(async () => (await daemon.context()).deps.spool.close());
    return daemon;
  };
  const first = await shop.push();
  const daemon = open();
  expect(pushes(await daemon.tick()).map(short)).toEqual([
    ["refs/heads/main", NO_REVISION, first, "created"],
  ]);
  return { shop, spool, daemon, first, again: open, folder };
}

/** Pushes, and loses what the hook wrote, as a full disk or a crash would. */
async function pushLost(shop: Repository, spool: string): Promise<Revision> {
  const before = new Set(readdirSync(spool));
  const head = await shop.push();
  for (const name of readdirSync(spool)) if (!before.has(name)) rmSync(join(spool, name));
  return head;
}

/** A tick that looks at all refs, as it does once in a while. */
async function look(daemon: Awaited<ReturnType<typeof theShop>>["daemon"]): Promise<Message[]> {
  (await daemon.context()).deps.sweeping.due = 0;
  return daemon.tick();
}

const moveRef = (shop: Repository, ...args: string[]) =>
  execFileSync("git", ["-C", shop.path, "update-ref", ...args], { stdio: "pipe" });

describe("what no hook told of", () => {
  test("is announced at the second look, once", async () => {
    const { shop, daemon, first, spool } = await theShop();
    const second = await pushLost(shop, spool);
    expect(await look(daemon)).toEqual([]);
    const said = pushes(await look(daemon));
    expect(said.map(short)).toEqual([["refs/heads/main", first, second, "updated"]]);
    expect(said[0]?.commits.map((each) => each.revision)).toEqual([second]);
    expect(said[0]).not.toHaveProperty("pusher");
    expect(await look(daemon)).toEqual([]);
  });

  test("is announced as made, rewritten and deleted, when somebody moved refs on the server", async () => {
    const { shop, daemon, first } = await theShop();
    const second = await shop.push();
    await look(daemon);
    moveRef(shop, "refs/heads/main", first);
    moveRef(shop, "refs/heads/next", second);
    await look(daemon);
    expect(pushes(await look(daemon)).map(short)).toEqual([
      ["refs/heads/main", second, first, "forced"],
      ["refs/heads/next", NO_REVISION, second, "created"],
    ]);
    moveRef(shop, "-d", "refs/heads/next");
    await look(daemon);
    expect(pushes(await look(daemon)).map(short)).toEqual([
      ["refs/heads/next", second, NO_REVISION, "deleted"],
    ]);
    expect(await look(daemon)).toEqual([]);
  });

  test("is announced before a later push of the same ref", async () => {
    const { shop, daemon, first, spool } = await theShop();
    await pushLost(shop, spool);
    const third = await pushLost(shop, spool);
    const fourth = await shop.push();
    const said = pushes(await look(daemon));
    expect(said.map(short)).toEqual([
      ["refs/heads/main", first, third, "updated"],
      ["refs/heads/main", third, fourth, "updated"],
    ]);
    expect(said.map(({ total }) => total)).toEqual([2, 1]);
    expect([await look(daemon), await look(daemon)]).toEqual([[], []]);
  });

  test("is not announced again when its hook was only late", async () => {
    const { shop, daemon, spool, folder } = await theShop();
    await shop.push();
    await shop.push();
    const late = join(folder, "late");
    execFileSync("cp", ["-a", spool, late]);
    for (const name of readdirSync(spool)) rmSync(join(spool, name));
    await look(daemon);
    expect(pushes(await look(daemon))).toHaveLength(1);
    for (const name of readdirSync(late)) renameSync(join(late, name), join(spool, name));
    expect(await look(daemon)).toEqual([]);
    expect(readdirSync(spool)).toEqual([]);
    const next = await shop.push();
    expect(pushes(await look(daemon)).map(({ after }) => after)).toEqual([next]);
  });

  test("is announced under the same id where the announcer dies before it could note it", async () => {
    const { shop, daemon, spool, again } = await theShop();
    await pushLost(shop, spool);
    await look(daemon);
    (await daemon.context()).deps.sweeping.due = 0;
    const dying = announcer.every?.tick(await daemon.context()) as AsyncGenerator<Message>;
    const id = (message: Message) => enclose(message, { source: "//a/b", now: new Date() }).id;
    const first = id((await dying.next()).value as Message);
    await dying.return(undefined);
    expect((await look(again())).map(id)).toEqual([first]);
  });

  test("while the announcer was away is announced when it is back", async () => {
    const { shop, spool, again, first } = await theShop();
    const second = await pushLost(shop, spool);
    const back = again();
    await look(back);
    expect(pushes(await look(back)).map(short)).toEqual([["refs/heads/main", first, second, "updated"]]);
  });

  test("is announced also where the spool itself is gone", async () => {
    const { shop, spool, daemon } = await theShop();
    rmSync(spool, { recursive: true });
    const second = await shop.push();
    const found: Message[] = [];
    for (let count = 0; count < 2; count += 1) {
      (await daemon.context()).deps.sweeping.due = 0;
      const tick = announcer.every?.tick(await daemon.context()) as AsyncGenerator<Message>;
      await expect(
        (async () => {
          for await (const each of tick) found.push(each);
        })(),
      ).rejects.toThrow("ENOENT");
    }
    expect(pushes(found).map(({ after }) => after)).toEqual([second]);
  });

  test("is announced of a repository that is configured by an address, once a hook has said where it is", async () => {
    const { shop, daemon, first, spool } = await theShop("git@central.example.com:shop.git");
    // Known from here on: the first push told where it is.
    await look(daemon);
    await shop.push();
    await look(daemon);
    const third = await pushLost(shop, spool);
    await look(daemon);
    const said = pushes(await look(daemon));
    expect(said.map(({ after }) => after)).toEqual([third]);
    expect(first).not.toBe(third);
  });
});

test("nothing of the past is announced at first sight, nor after the hook was taken out and installed again", async () => {
  const { shop, daemon, spool } = await theShop();
  await uninstallHook({ repository: shop.path });
  await shop.push();
  expect([await look(daemon), await look(daemon)]).toEqual([[], []]);
  await installHook({ repository: shop.path, name: "shop", spool, hook: HOOK });
  expect([await look(daemon), await look(daemon)]).toEqual([[], []]);
  const next = await shop.push();
  expect(pushes(await look(daemon)).map(({ after }) => after)).toEqual([next]);
});

test("a repository that nobody installed the hook in is left alone", async () => {
  const folder = aFolder();
  const shop = await aRepository(folder);
  const daemon = given(announcer, {
    config: { poll: "1ms", sweep: "1h" },
    settings: {
      state: folder,
      repositories: { shop: { url: shop.path }, gone: { url: "/nonexistent/gone.git" } },
    },
  });
  onTestFinished(async () => (await daemon.context()).deps.spool.close());
  await look(daemon);
  await shop.push();
  expect([await look(daemon), await look(daemon), daemon.logged]).toEqual([[], [], []]);
});

test("a repository that cannot be read is complained of once, and keeps no other from being looked at", async () => {
  const { shop, daemon, spool, first } = await theShop();
  const heads = join(shop.path, "refs", "heads", "broken");
  writeFileSync(heads, "this is no object id\n");
  writeFileSync(join(shop.path, "packed-refs"), "this is no list of refs\n");
  await look(daemon);
  await look(daemon);
  expect(daemon.logged.filter(({ level }) => level === "warn")).toHaveLength(1);
  rmSync(heads);
  rmSync(join(shop.path, "packed-refs"));
  const second = await pushLost(shop, spool);
  await look(daemon);
  expect(pushes(await look(daemon)).map(short)).toEqual([["refs/heads/main", first, second, "updated"]]);
});

test("what cannot be noted is announced all the same, and noted later", async () => {
  const { shop, daemon, folder, again } = await theShop();
  const notes = join(folder, "announced");
  renameSync(notes, `${notes}.away`);
  writeFileSync(notes, "not a folder");
  const second = await shop.push();
  expect(pushes(await look(daemon)).map(({ after }) => after)).toEqual([second]);
  expect(daemon.logged.some(({ level }) => level === "error")).toBe(true);
  rmSync(notes);
  renameSync(`${notes}.away`, notes);
  expect(await look(daemon)).toEqual([]);
  const back = again();
  expect([await look(back), await look(back)]).toEqual([[], []]);
});

test.runIf(process.getuid?.() === 0)(
  "on a full disk the push succeeds, leaves nothing behind, and is announced later",
  async () => {
    const { shop, daemon, spool, first } = await theShop();
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", spool]);
    try {
      execFileSync("sh", ["-c", `head -c 1000000 /dev/zero > ${spool}/filler 2>/dev/null || true`]);
      const second = await shop.push();
      expect(readdirSync(spool)).toEqual(["filler"]);
      rmSync(join(spool, "filler"));
      await look(daemon);
      expect(pushes(await look(daemon)).map(short)).toEqual([["refs/heads/main", first, second, "updated"]]);
    } finally {
      (await daemon.context()).deps.spool.close();
      execFileSync("umount", [spool]);
    }
  },
);

describe("a work tree", () => {
  async function theWork() {
    const folder = aFolder();
    const shop = await aRepository(folder);
    const first = await shop.commit({ a: "1" });
    const spool = join(folder, "spool", "announce");
    const hooks = await installHook({ repository: shop.work, name: "shop", spool, hook: HOOK });
    const daemon = given(announcer, {
      config: { poll: "1ms", sweep: "1d" },
      settings: { state: folder, repositories: { shop: { url: shop.work } } },
    });
    onTestFinished(async () => (await daemon.context()).deps.spool.close());
    return { shop, daemon, spool, first, hooks, folder };
  }
  const said = async (daemon: Awaited<ReturnType<typeof theWork>>["daemon"]) =>
    pushes(await daemon.tick()).map(short);

  test("announces each commit, and where its branch was", async () => {
    const { shop, daemon, first, hooks } = await theWork();
    expect(hooks.map((each) => each.split("/").at(-1))).toEqual([
      "post-receive",
      "post-commit",
      "post-merge",
      "post-rewrite",
    ]);
    const second = await shop.commit();
    const third = await shop.commit();
    expect(await said(daemon)).toEqual([
      ["refs/heads/main", first, second, "updated"],
      ["refs/heads/main", second, third, "updated"],
    ]);
    await shop.git.raw("checkout", "--quiet", "-b", "next");
    const fourth = await shop.commit();
    expect(await said(daemon)).toEqual([["refs/heads/next", NO_REVISION, fourth, "created"]]);
    await shop.git.raw("checkout", "--quiet", "main");
    await shop.git.raw("merge", "--quiet", "next");
    expect(await said(daemon)).toEqual([["refs/heads/main", third, fourth, "updated"]]);
  });

  test("announces an amended commit and a rebase once, as rewritten", async () => {
    const { shop, daemon, first } = await theWork();
    const second = await shop.commit({ b: "1" });
    await daemon.tick();
    await shop.git.raw("commit", "--quiet", "--amend", "--message", "amended");
    const amended = revision.parse(await shop.git.revparse(["HEAD"]));
    expect(await said(daemon)).toEqual([["refs/heads/main", second, amended, "forced"]]);
    await shop.git.raw("checkout", "--quiet", "-b", "side", first);
    const side = await shop.commit({ c: "1" });
    await shop.git.raw("rebase", "--quiet", "main");
    const rebased = revision.parse(await shop.git.revparse(["HEAD"]));
    expect(await said(daemon)).toEqual([
      ["refs/heads/side", NO_REVISION, side, "created"],
      ["refs/heads/side", side, rebased, "forced"],
    ]);
  });

  test("announces the very first commit of all, before the announcer has ever looked", async () => {
    const folder = aFolder();
    const shop = await aRepository(folder);
    const spool = join(folder, "spool", "announce");
    await installHook({ repository: shop.work, name: "shop", spool, hook: HOOK });
    const [first, second] = [await shop.commit(), await shop.commit()];
    const daemon = given(announcer, {
      config: { poll: "1ms" },
      settings: { state: folder, repositories: { shop: { url: shop.work } } },
    });
    onTestFinished(async () => (await daemon.context()).deps.spool.close());
    expect(pushes(await daemon.tick()).map(short)).toEqual([
      ["refs/heads/main", NO_REVISION, first, "created"],
      ["refs/heads/main", first, second, "updated"],
    ]);
  });

  test("announces what is committed in a linked work tree and below the top", async () => {
    const { shop, daemon, folder } = await theWork();
    await daemon.tick();
    await shop.git.raw("worktree", "add", "--quiet", "-b", "linked", join(folder, "linked"));
    mkdirSync(join(folder, "linked", "deep"));
    execFileSync("git", ["commit", "--quiet", "--allow-empty", "-m", "x"], {
      cwd: join(folder, "linked", "deep"),
      env: { PATH: "/usr/bin:/bin", HOME: folder },
    });
    expect((await said(daemon)).map(([ref]) => ref)).toEqual(["refs/heads/linked"]);
  });

  test("needs no variable of the environment at all", async () => {
    const { shop, spool } = await theWork();
    execFileSync("/usr/bin/env", ["-i", "/bin/sh", ".git/hooks/post-commit"], { cwd: shop.work });
    const [name = ""] = readdirSync(spool);
    const head = await shop.git.revparse(["HEAD"]);
    expect(readFileSync(join(spool, name), "utf8")).toBe(
      `skein-push 1\nname shop\npath ${join(shop.work, ".git")}\npusher \n- ${head} refs/heads/main\nend\n`,
    );
  });

  test("says nothing, and lets the commit be, where no branch is checked out or the spool is gone", async () => {
    const { shop, spool } = await theWork();
    await shop.git.raw("checkout", "--quiet", "--detach");
    await shop.commit();
    expect(readdirSync(spool)).toEqual([]);
    await shop.git.raw("checkout", "--quiet", "main");
    rmSync(spool, { recursive: true });
    const printed = execFileSync("git", ["commit", "--quiet", "--allow-empty", "-m", "x"], {
      cwd: shop.work,
      env: { PATH: "/usr/bin:/bin", HOME: spool },
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
    });
    expect(printed).toBe("");
  });

  test("keeps its own hooks, and gets them back", async () => {
    const { shop, spool, folder } = await theWork();
    await uninstallHook({ repository: shop.work });
    const hook = join(shop.work, ".git", "hooks", "post-commit");
    writeFileSync(hook, `#!/bin/sh\ntouch ${folder}/older\n`);
    chmodSync(hook, 0o755);
    await installHook({ repository: shop.work, name: "shop", spool, hook: HOOK });
    await shop.commit();
    expect([existsSync(join(folder, "older")), readdirSync(spool).length]).toEqual([true, 1]);
    await uninstallHook({ repository: shop.work });
    expect(readdirSync(join(shop.work, ".git", "hooks")).filter((name) => !name.endsWith(".sample"))).toEqual(
      ["post-commit"],
    );
  });
});

describe("for any sequence of pushes, lost hooks, late hooks and looks", () => {
  const ids = Array.from({ length: 6 }, (_none, index) => revision.parse(`${index + 1}`.repeat(40)));
  const main = refName.parse("refs/heads/main");
  const refsAt = (id: Revision | undefined) => (id === undefined ? [] : [{ ref: main, revision: id }]);

  test("what is announced leads without a gap to where the ref is", () => {
    const step = fc.record({
      to: fc.constantFrom(...ids, undefined),
      hook: fc.constantFrom("works" as const, "is lost" as const, "is late" as const),
      looks: fc.nat(2),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
        let known = firstSight("/srv/shop.git", [], new Date(0));
        // Long after the first look: pushes of that moment are told from those that it saw by their time.
        let at = 100_000;
        let now: Revision | undefined;
        const said: { readonly before: Revision; readonly after: Revision }[] = [];
        const late: { readonly before: Revision; readonly after: Revision; readonly at: number }[] = [];
        const look = () => {
          at += 10;
          const { due, pending } = ripe(known, differences(known, refsAt(now)), new Date(at));
          known = { ...known, pending };
          for (const { at: _since, ...move } of due) {
            said.push(move);
            known = covering(known, move, new Date(at));
          }
        };
        const tell = (move: { readonly before: Revision; readonly after: Revision }, when: number) => {
          const whole = { ref: main, ...move };
          if (isCovered(known, whole, new Date(when))) return;
          const missed = missedBefore(known, whole, new Date(when));
          if (missed !== undefined) {
            said.push(missed);
            known = covering(known, missed, new Date(when - 1));
          }
          said.push(move);
          known = told(known, whole, new Date(when));
        };
        for (const { to, hook, looks } of steps) {
          const move = { before: now ?? NO_REVISION, after: to ?? NO_REVISION };
          if (move.before === move.after) continue;
          now = to;
          at += 10;
          if (hook === "works") tell(move, at);
          if (hook === "is late") late.push({ ...move, at });
          for (let count = 0; count < looks; count += 1) look();
        }
        look();
        look();
        const end = now ?? NO_REVISION;
        expect(said.at(-1)?.after ?? NO_REVISION).toBe(end);
        said.reduce((last, { before, after }) => {
          expect(before).toBe(last);
          return after;
        }, NO_REVISION);
        // Everything is covered by now, however late it is told.
        const count = said.length;
        for (const each of late.filter((one) => one.at < at - 20)) tell(each, each.at);
        look();
        look();
        expect(said.at(-1)?.after ?? NO_REVISION).toBe(end);
        expect(said.length - count).toBeLessThanOrEqual(2 * late.length + 1);
      }),
    );
  });
});

test("a file of the spool that is older than the last look is covered by it", () => {
  const id = revision.parse("1".repeat(40));
  const known = covering(
    firstSight("/x", [], new Date(0)),
    { ref: "refs/heads/main", before: NO_REVISION, after: id },
    new Date(100),
  );
  const other = { ref: "refs/heads/main", before: NO_REVISION, after: revision.parse("2".repeat(40)) };
  expect([isCovered(known, other, new Date(100)), isCovered(known, other, new Date(101))]).toEqual([
    true,
    false,
  ]);
  expect(isCovered(known, { ...other, ref: "refs/heads/x" }, new Date(1))).toBe(false);
});
