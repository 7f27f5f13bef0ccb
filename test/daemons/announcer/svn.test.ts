import { execFileSync, spawn } from "node:child_process";
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
import { expect, onTestFinished, test } from "vitest";
import { announcer } from "../../../daemons/announcer.ts";
import { installHook, uninstallHook } from "../../../lib/effects/hooks.ts";
import type { Data, Message } from "../../../lib/messages/catalogue.ts";
import { enclose } from "../../../lib/messages/envelope.ts";
import { freePort } from "../../support/free-port.ts";
import { aFolder } from "../../support/folder.ts";
import { dataOf, given } from "../../support/given.ts";
import { describeNeeding } from "../../support/needing.ts";
import { until } from "../../support/until.ts";
import { anSvnRepository, type SvnRepository } from "../../support/svn.ts";

const HOOK = join(import.meta.dirname, "../../../hooks/post-receive");

/** A repository with the hook, and an announcer that has seen what was there before. */
async function legacyWith(...folders: string[]) {
  const folder = aFolder();
  const legacy = anSvnRepository(folder, ...folders);
  const spool = join(folder, "spool", "announce");
  await installHook({ repository: legacy.path, name: "legacy", spool, hook: HOOK });
  const open = () =>
    given(announcer, {
      config: { poll: "1ms", sweep: "1ms" },
      settings: { state: folder, repositories: { legacy: { url: legacy.path, type: "svn" } } },
    });
  const daemon = open();
  onTestFinished(async () => (await daemon.context()).deps.spool.close());
  expect(pushes(await daemon.tick())).toEqual([]);
  return { legacy, spool, daemon, again: open, folder };
}

const pushes = (messages: readonly Message[]) => dataOf("commit.pushed", messages);
const events = (messages: readonly Message[]) => dataOf("event.said", messages).map(({ text }) => text);

/** What a push was about, in short. */
const short = ({ project, ref, before, after, change }: Data<"commit.pushed">) =>
  `${project ?? ""} ${ref} ${before}..${after} ${change}`;

const svnOf = (legacy: SvnRepository, ...args: string[]) => legacy.svn(...args);

describeNeeding({ svnadmin: "subversion" }, "with a real Subversion", () => {
  test("a commit to a trunk is announced with its author, its date and its message, whatever they are written in", async () => {
    const { legacy, daemon, spool } = await legacyWith("trunk", "branches", "tags");
    legacy.commit({ "trunk/ü.txt": "1" }, "Grüße ☃ café\n\nrepo: payroll\n");
    const [push, ...others] = pushes(await daemon.tick());
    expect(others).toEqual([]);
    expect(push).toMatchObject({
      repository: "legacy",
      ref: "refs/heads/trunk",
      before: "r1",
      after: "r2",
      change: "updated",
      pusher: "kit",
      commits: [{ revision: "r2", author: { name: "kit" }, message: "Grüße ☃ café\n\nrepo: payroll" }],
      total: 1,
    });
    expect(push).not.toHaveProperty("project");
    expect(Math.abs(Date.now() - Date.parse(push?.at ?? ""))).toBeLessThan(60_000);
    expect(readdirSync(spool)).toEqual([]);
    expect(pushes(await daemon.tick())).toEqual([]);
  });

  test("a commit to two projects is one message for each of them", async () => {
    const { legacy, daemon } = await legacyWith("awful-project/trunk", "time-sink/trunk", "time-sink/tags");
    legacy.commit({
      "awful-project/trunk/src/a": "1",
      "awful-project/trunk/b": "1",
      "time-sink/trunk/c": "1",
    });
    expect(pushes(await daemon.tick()).map(short)).toEqual([
      "awful-project refs/heads/trunk r1..r2 updated",
      "time-sink refs/heads/trunk r1..r2 updated",
    ]);
    legacy.commit({ "time-sink/trunk/c": "2" });
    legacy.commit({ "awful-project/trunk/b": "2" });
    expect(pushes(await daemon.tick()).map(short)).toEqual([
      "time-sink refs/heads/trunk r2..r3 updated",
      "awful-project refs/heads/trunk r2..r4 updated",
    ]);
  });

  test("branches and tags are made, changed, replaced and deleted", async () => {
    const { legacy, daemon } = await legacyWith("trunk", "branches", "tags");
    const { url } = legacy;
    svnOf(legacy, "cp", "-q", "-m", "branch", `${url}/trunk`, `${url}/branches/next`);
    svnOf(legacy, "cp", "-q", "-m", "tag", `${url}/trunk`, `${url}/tags/1.0`);
    svnOf(legacy, "up", "-q");
    legacy.commit({ "branches/next/a": "1", "trunk/a": "1" });
    svnOf(legacy, "rm", "-q", "branches/next");
    svnOf(legacy, "cp", "-q", "trunk", "branches/next");
    svnOf(legacy, "ci", "-q", "-m", "replaced");
    svnOf(legacy, "rm", "-q", "-m", "gone", `${url}/tags/1.0`);
    expect(pushes(await daemon.tick()).map(short)).toEqual([
      " refs/heads/next r0..r2 created",
      " refs/tags/1.0 r0..r3 created",
      " refs/heads/next r2..r4 updated",
      " refs/heads/trunk r1..r4 updated",
      " refs/heads/next r4..r5 forced",
      " refs/tags/1.0 r3..r6 deleted",
    ]);
  });

  test("a project that is made, copied, renamed or deleted as a whole is told of by its lines", async () => {
    const { legacy, daemon } = await legacyWith("a/trunk", "a/branches/x", "a/tags/1");
    const { url } = legacy;
    svnOf(
      legacy,
      "mkdir",
      "-q",
      "--parents",
      "-m",
      "made",
      `${url}/group/b/trunk`,
      `${url}/group/b/branches`,
    );
    svnOf(legacy, "cp", "-q", "-m", "copied", `${url}/a`, `${url}/c`);
    svnOf(legacy, "mv", "-q", "-m", "renamed", `${url}/group`, `${url}/team`);
    svnOf(legacy, "rm", "-q", "-m", "deleted", `${url}/c/branches`);
    svnOf(legacy, "rm", "-q", "-m", "deleted", `${url}/a`);
    const said = await daemon.tick();
    expect(pushes(said).map(short)).toEqual([
      "group/b refs/heads/trunk r0..r2 created",
      "c refs/heads/x r0..r3 created",
      "c refs/tags/1 r0..r3 created",
      "c refs/heads/trunk r0..r3 created",
      "group/b refs/heads/trunk r2..r4 deleted",
      "team/b refs/heads/trunk r0..r4 created",
      "c refs/heads/x r3..r5 deleted",
      "a refs/heads/x r1..r6 deleted",
      "a refs/tags/1 r1..r6 deleted",
      "a refs/heads/trunk r1..r6 deleted",
    ]);
    expect(events(said)).toEqual([]);
  });

  test("a repository that has no trunk at all is one line of development", async () => {
    const { legacy, daemon } = await legacyWith();
    legacy.commit({ "www/index.html": "1", "docs/trunk": "a file", "branches.txt": "1" });
    legacy.commit({ "www/index.html": "2" });
    const said = await daemon.tick();
    expect(pushes(said).map(short)).toEqual([
      " refs/heads/trunk r0..r1 created",
      " refs/heads/trunk r1..r2 updated",
    ]);
    expect(events(said)).toEqual([]);
  });

  test("what lies beside trunk, branches and tags is said to people, and is no line", async () => {
    const { legacy, daemon } = await legacyWith("p/trunk", "p/branches", "q/trunk");
    legacy.commit({ "p/notes.txt": "1", "p/branches/README": "1", "tools/x": "1" });
    const said = await daemon.tick();
    expect(pushes(said)).toEqual([]);
    expect(events(said)).toEqual([
      "[legacy] r2 is not announced: it changed what is in no trunk, branch or tag: p/branches/README, p/notes.txt, tools/x",
    ]);
  });

  test.each([
    ["a blank", "two words"],
    ["what a shell would run", "$(touch${IFS}x)"],
    ["another script", "grün"],
    ["a hidden turn of direction", "a\u202eb"],
    ["the form of an option", "-x"],
    ["an object id", "1".repeat(40)],
    ["the name of the trunk", "trunk"],
  ])(
    "a branch with %s in its name is said to people; what else was committed is announced",
    async (_what, name) => {
      const { legacy, daemon } = await legacyWith("trunk", "branches");
      legacy.commit({ [`branches/${name}/f`]: "1", "trunk/f": "1" });
      const said = await daemon.tick();
      expect(pushes(said).map(short)).toEqual([" refs/heads/trunk r1..r2 updated"]);
      expect(events(said)).toHaveLength(1);
      expect(events(said)[0]).not.toContain("\u202e");
    },
  );

  test("commits whose hook was lost are announced by the sweep, once, in order", async () => {
    const { legacy, daemon, spool } = await legacyWith("trunk");
    const hook = join(legacy.path, "hooks", "post-commit");
    renameSync(hook, `${hook}.away`);
    legacy.commit({ "trunk/a": "1" }, "no hook");
    legacy.commit({ "trunk/a": "2" }, "no hook either");
    expect(readdirSync(spool)).toEqual([]);
    expect(pushes(await daemon.tick()).map(short)).toEqual([
      " refs/heads/trunk r1..r2 updated",
      " refs/heads/trunk r2..r3 updated",
    ]);
    renameSync(`${hook}.away`, hook);
    legacy.commit({ "trunk/a": "3" });
    expect(pushes(await daemon.tick()).map(short)).toEqual([" refs/heads/trunk r3..r4 updated"]);
  });

  test("where the announcer was away, all is announced later; and again under the same ids after a crash", async () => {
    const { legacy, again, folder, daemon } = await legacyWith("trunk");
    for (let count = 0; count < 5; count += 1) legacy.commit({ "trunk/a": `${count}` });
    execFileSync("cp", ["-a", join(folder, "announced"), join(folder, "kept")]);
    const ids = (messages: readonly Message[]) =>
      messages.map((each) => enclose(each, { source: "//a/b", now: new Date() }).id);
    const first = ids(await daemon.tick());
    rmSync(join(folder, "announced"), { recursive: true });
    renameSync(join(folder, "kept"), join(folder, "announced"));
    const restarted = again();
    expect(ids(await restarted.tick())).toEqual(first);
    (await restarted.context()).deps.spool.close();
    expect(first).toHaveLength(5);
  });

  test("another repository in the place of the first is not announced from its beginning", async () => {
    const { legacy, daemon, folder, spool } = await legacyWith("trunk");
    legacy.commit({ "trunk/a": "1" });
    await daemon.tick();
    mkdirSync(join(folder, "new"));
    const other = anSvnRepository(join(folder, "new"), "trunk");
    for (let count = 0; count < 4; count += 1) other.commit({ "trunk/b": `${count}` });
    rmSync(legacy.path, { recursive: true });
    renameSync(other.path, legacy.path);
    await installHook({ repository: legacy.path, name: "legacy", spool, hook: HOOK });
    expect(pushes(await daemon.tick())).toEqual([]);
    expect(daemon.logged).toMatchObject([{ level: "warn" }]);
    execFileSync("svn", ["mkdir", "-q", "-m", "x", `file://${legacy.path}/trunk/d`]);
    expect(pushes(await daemon.tick()).map(short)).toEqual([" refs/heads/trunk r5..r6 updated"]);
  });

  test("a commit has its author's name where it has one, and a revision without a date is announced as well", async () => {
    const { legacy, daemon } = await legacyWith("trunk");
    const props = join(legacy.path, "hooks", "pre-revprop-change");
    writeFileSync(props, "#!/bin/sh\nexit 0\n");
    chmodSync(props, 0o755);
    legacy.commit({ "trunk/a": "1" });
    for (const property of ["svn:author", "svn:date"])
      svnOf(legacy, "propdel", "-q", "--revprop", "-r", "2", property);
    svnOf(legacy, "propset", "-q", "--revprop", "-r", "2", "svn:log", `${"x".repeat(5_000)}\u0007`);
    const [push] = pushes(await daemon.tick());
    expect(push).toMatchObject({ after: "r2", commits: [{ author: { name: "" } }] });
    expect(push).not.toHaveProperty("pusher");
    expect(push?.commits[0]?.message).toHaveLength(4_096);
  });

  test.each([
    ["a revision that there is not", "skein-commit 1\nname legacy\npath PATH\nrevision 99\nend\n"],
    ["an option in the place of a revision", "skein-commit 1\nname legacy\npath PATH\nrevision -1\nend\n"],
    [
      "a push of git",
      `skein-push 1\nname legacy\npath PATH\npusher x\n- ${"1".repeat(40)} refs/heads/x\nend\n`,
    ],
    ["a repository that is not configured", "skein-commit 1\nname other\npath PATH\nrevision 1\nend\n"],
    ["more than one revision", "skein-commit 1\nname legacy\npath PATH\nrevision 1\nrevision 2\nend\n"],
  ])("%s is set aside, and the next commit is announced all the same", async (_what, contents) => {
    const { legacy, daemon, spool } = await legacyWith("trunk");
    writeFileSync(join(spool, "push-x"), contents.replace("PATH", legacy.path));
    legacy.commit({ "trunk/a": "1" });
    expect(pushes(await daemon.tick())).toHaveLength(1);
    expect(readdirSync(spool)).toEqual(["rejected"]);
  });

  test("a hook that was there before runs as well, in its empty environment; and it is put back to the byte", async () => {
    const folder = aFolder();
    const legacy = anSvnRepository(folder, "trunk");
    const hook = join(legacy.path, "hooks", "post-commit");
    const older = `#!/bin/sh\n/usr/bin/env > ${folder}/env\necho "$# $2" >&2\nexit 3\n`;
    writeFileSync(hook, older, { mode: 0o755 });
    chmodSync(hook, 0o755);
    const spool = join(folder, "spool");
    const installed = () => installHook({ repository: legacy.path, name: "legacy", spool, hook: HOOK });
    expect(await installed()).toEqual([hook]);
    await installed();
    legacy.commit({ "trunk/a": "1" });
    expect(readFileSync(join(folder, "env"), "utf8")).toBe(`PWD=${legacy.work}\n`);
    expect(readdirSync(spool)).toHaveLength(1);
    expect(readFileSync(join(spool, readdirSync(spool)[0] ?? ""), "utf8")).toBe(
      `skein-commit 1\nname legacy\npath ${legacy.path}\nrevision 2\nend\n`,
    );
    expect(await uninstallHook({ repository: legacy.path })).toEqual([hook]);
    expect(readFileSync(hook, "utf8")).toBe(older);
    legacy.commit({ "trunk/a": "2" });
    expect(readdirSync(spool)).toHaveLength(1);
  });

  test("whatever the path of a repository is called, nothing of it is run, and its commits are announced", async () => {
    const folder = join(aFolder(), "it's $(touch x) `id` %s ü");
    mkdirSync(folder);
    const legacy = anSvnRepository(folder, "trunk");
    const spool = join(folder, "spool");
    await installHook({ repository: legacy.path, name: "legacy", spool, hook: HOOK });
    const daemon = given(announcer, {
      config: { poll: "1ms", spool },
      settings: {
        state: folder,
        repositories: { legacy: { url: "svn://svn.example.com/legacy", type: "svn" } },
      },
    });
    onTestFinished(async () => (await daemon.context()).deps.spool.close());
    legacy.commit({ "trunk/a": "1" });
    expect(pushes(await daemon.tick()).map(short)).toEqual([" refs/heads/trunk r1..r2 updated"]);
    expect([existsSync(join(legacy.path, "x")), existsSync(join(legacy.work, "x"))]).toEqual([false, false]);
  });

  test("over a server, whoever logged in is who committed", async () => {
    const { legacy, daemon, folder } = await legacyWith("trunk");
    const conf = join(legacy.path, "conf");
    writeFileSync(join(conf, "svnserve.conf"), "[general]\nanon-access = none\npassword-db = passwd\n");
    writeFileSync(join(conf, "passwd"), "[users]\nzoë = secret\n");
    const port = await freePort();
    const server = spawn(
      "svnserve",
      [
        "--daemon",
        "--foreground",
        "--listen-host",
        "127.0.0.1",
        "--listen-port",
        `${port}`,
        "--root",
        folder,
      ],
      { env: {}, stdio: "ignore" },
    );
    onTestFinished(() => void server.kill());
    const url = `svn://127.0.0.1:${port}/legacy`;
    const svn = (...args: string[]) =>
      execFileSync("svn", [...args, "--non-interactive", "--username", "zoë", "--password", "secret"], {
        env: { PATH: "/usr/bin:/bin", HOME: folder, LC_ALL: "C.UTF-8" },
        encoding: "utf8",
        stdio: ["ignore", "pipe", "pipe"],
      });
    await until("the server answers", () => svn("info", url));
    expect(svn("mkdir", "-m", "Über das Netz", `${url}/trunk/d`)).not.toMatch(/warning/i);
    expect(pushes(await daemon.tick())).toMatchObject([
      { ref: "refs/heads/trunk", after: "r2", pusher: "zoë", commits: [{ message: "Über das Netz" }] },
    ]);
  });

  test.each([
    ["gone", (spool: string) => rmSync(spool, { recursive: true })],
    [
      "a pipe",
      (spool: string) => {
        rmSync(spool, { recursive: true });
        execFileSync("mkfifo", [spool]);
      },
    ],
  ])("a commit succeeds, and nothing is said, where the spool is %s", async (_what, spoil) => {
    const { legacy, spool } = await legacyWith("trunk");
    spoil(spool);
    mkdirSync(join(legacy.work, "trunk", "d"));
    svnOf(legacy, "add", "-q", "trunk/d");
    expect(svnOf(legacy, "commit", "-m", "x")).not.toMatch(/warning|skein/i);
  });

  test("no commit waits for the hook's settings to be written to a pipe", async () => {
    const { legacy, spool } = await legacyWith("trunk");
    rmSync(join(legacy.path, "skein-hook"));
    execFileSync("mkfifo", [join(legacy.path, "skein-hook")]);
    legacy.commit({ "trunk/a": "1" });
    expect(readdirSync(spool)).toEqual([]);
  });
});
