import { execFileSync, spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { installHook } from "../../lib/effects/hooks.ts";
import { aRepository, type Repository } from "../support/repository.ts";

const HOOK = join(import.meta.dirname, "../../hooks/post-receive");
const ZERO = "0".repeat(40);
const ONE = "1".repeat(40);

let folder: string;
let spool: string;
let shop: Repository;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "skein-hook-"));
  spool = join(folder, "spool");
  shop = await aRepository(folder);
  await installHook({ repository: shop.path, name: "shop", spool, hook: HOOK });
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Runs the hook as git does, without a push. */
function runHook(input: string, env: NodeJS.ProcessEnv = {}, shell = "sh") {
  const { status, stderr } = spawnSync(shell, ["hooks/post-receive"], {
    cwd: shop.path,
    input,
    encoding: "utf8",
    env: { PATH: "/usr/bin:/bin", GIT_DIR: ".", ...env },
  });
  return { status, stderr };
}

const spooled = () =>
  readdirSync(spool)
    .filter((name) => name.startsWith("push-"))
    .map((name) => readFileSync(join(spool, name), "utf8"));

test("a push leaves one file: which repository, who, and each ref as git gave it", async () => {
  const first = await shop.commit();
  await shop.git.raw("tag", "v1");
  await shop.git.raw("push", "--quiet", "origin", "main", "main:refs/heads/grün", "v1");
  expect(spooled()).toHaveLength(1);
  const [header, refs] = [spooled()[0]?.split("\n").slice(0, 4), spooled()[0]?.split("\n").slice(4)];
  expect(header).toEqual(["skein-push 1", "name shop", `path ${shop.path}`, "pusher zoë"]);
  expect(refs?.sort((a, b) => a.localeCompare(b))).toEqual(
    [
      `${ZERO} ${first} refs/heads/grün`,
      `${ZERO} ${first} refs/heads/main`,
      `${ZERO} ${first} refs/tags/v1`,
      "",
      "end",
    ].sort((a, b) => a.localeCompare(b)),
  );
});

test("a push succeeds, and says so in one line, where the spool is gone", async () => {
  rmSync(spool, { recursive: true });
  await shop.commit();
  const { status, stderr } = spawnSync("git", ["push", "origin", "HEAD:main"], {
    cwd: shop.work,
    encoding: "utf8",
  });
  expect(status).toBe(0);
  expect(stderr.split("\n").filter((line) => line.startsWith("remote:"))).toEqual([
    expect.stringContaining("skein: this push is announced later"),
  ]);
});

test("nothing is announced from quarantine, nor of a repository that only shares the folder of hooks", async () => {
  expect(runHook(`${ZERO} ${ONE} refs/heads/main\n`, { GIT_QUARANTINE_PATH: "/tmp/incoming" })).toEqual({
    status: 0,
    stderr: "",
  });
  rmSync(join(shop.path, "skein-hook"));
  expect(runHook(`${ZERO} ${ONE} refs/heads/main\n`)).toEqual({ status: 0, stderr: "" });
  expect(spooled()).toEqual([]);
});

test.each([
  ["gitolite", { GL_USER: "ana", USER: "git" }, "ana"],
  ["a web server", { REMOTE_USER: "ben@example.com", USER: "www-data" }, "ben@example.com"],
  ["Gitea", { GITEA_PUSHER_NAME: "cem", USER: "git" }, "cem"],
  ["the login", { USER: "dora" }, "dora"],
  ["nobody", {}, ""],
  ["somebody hostile", { GL_USER: "eve\nend\npath /etc$(touch x)`touch x`%s\\n" }, "eve"],
])("the pusher is who %s says", (_who, env, pusher) => {
  runHook(`${ZERO} ${ONE} refs/heads/main\n`, env);
  expect(spooled()).toEqual([
    `skein-push 1\nname shop\npath ${shop.path}\npusher ${pusher}\n${ZERO} ${ONE} refs/heads/main\nend\n`,
  ]);
  expect(existsSync(join(shop.path, "x"))).toBe(false);
});

test.each(["sh", "bash"])("a push of thousands of refs is written whole by %s", (shell) => {
  const refs = Array.from({ length: 3_000 }, (_, index) => `${ZERO} ${ONE} refs/tags/$(id)-${index}\n`).join(
    "",
  );
  expect(runHook(refs, {}, shell)).toEqual({ status: 0, stderr: "" });
  expect(spooled()[0]?.split("\n").slice(4).join("\n")).toBe(`${refs}end\n`);
});

test.each([
  ["a closed set of variables", { PATH: "" }],
  [
    "variables that change what shells do",
    { IFS: "/", CDPATH: "/tmp", ENV: "/nonexistent", LC_ALL: "tr_TR.UTF-8", POSIXLY_CORRECT: "1" },
  ],
])("%s makes no difference", (_what, env) => {
  const { status } = spawnSync("/bin/sh", ["hooks/post-receive"], {
    cwd: shop.path,
    input: `${ZERO} ${ONE} refs/heads/main\n`,
    env: { GIT_DIR: ".", ...env },
  });
  expect([status, spooled().length]).toEqual([0, 1]);
});

test.each<readonly [string, () => void]>([
  ["a spool that is gone", () => rmSync(spool, { recursive: true })],
  [
    "a pipe in the place of the spool",
    () => {
      rmSync(spool, { recursive: true });
      execFileSync("mkfifo", [spool]);
    },
  ],
  ["settings without a second line", () => writeFileSync(join(shop.path, "skein-hook"), "shop\n")],
  ["empty settings", () => writeFileSync(join(shop.path, "skein-hook"), "")],
])("with %s a push is told of it in one line, and goes on at once", (_what, spoil) => {
  spoil();
  const { status, stderr } = runHook(`${ZERO} ${ONE} refs/heads/main\n`);
  expect(status).toBe(0);
  expect(stderr).toBe(
    "skein: this push is announced later: the spool that skein-hook names cannot be written\n",
  );
});

test("a pipe in the place of the settings holds no push up", () => {
  rmSync(join(shop.path, "skein-hook"));
  execFileSync("mkfifo", [join(shop.path, "skein-hook")]);
  expect(runHook(`${ZERO} ${ONE} refs/heads/main\n`)).toEqual({ status: 0, stderr: "" });
});

test("one hook for all repositories of gitolite takes the name of each from gitolite, and nothing else from it", () => {
  rmSync(join(shop.path, "skein-hook"));
  writeFileSync(join(folder, "skein-hook"), `*\n${spool}\n`);
  const line = `${ZERO} ${ONE} refs/heads/main\n`;
  runHook(line, { GL_ADMIN_BASE: folder, GL_REPO: "team/site\nend\n", GL_USER: "ana" });
  expect(spooled()).toEqual([
    `skein-push 1\ngitolite team/site\npath ${shop.path}\npusher ana\n${line}end\n`,
  ]);
});

test("whoever pushes, the group of the spool can read it", async () => {
  runHook(`${ZERO} ${ONE} refs/heads/main\n`);
  const [name = ""] = readdirSync(spool);
  expect(statSync(join(spool, name)).mode & 0o777).toBe(0o660);
});

test("pushes at the same moment each leave their file", async () => {
  mkdirSync(join(folder, "lines"));
  const script = `for n in 1 2 3 4 5 6 7 8; do echo "${ZERO} ${ONE} refs/heads/b$n" | hooks/post-receive & done; wait`;
  execFileSync("sh", ["-c", script], { cwd: shop.path, env: { PATH: "/usr/bin:/bin", GIT_DIR: "." } });
  expect(spooled()).toHaveLength(8);
});

test("an older hook gets the same input, and its words and exit status count", async () => {
  const older = join(shop.path, "hooks", "post-receive.before-skein");
  writeFileSync(older, '#!/bin/sh\numask; cat; echo "$GIT_DIR $# $SKEIN_X" >&2; exit 7\n');
  chmodSync(older, 0o755);
  const input = `${ZERO} ${ONE} refs/heads/ä ö\n${ONE} ${ZERO} refs/tags/-x\n`;
  const { status, stdout, stderr } = spawnSync("sh", ["-c", "umask 077; exec hooks/post-receive"], {
    cwd: shop.path,
    input,
    encoding: "utf8",
    env: { PATH: "/usr/bin:/bin", GIT_DIR: "." },
  });
  expect({ status, stdout, stderr }).toEqual({ status: 7, stdout: `0077\n${input}`, stderr: ". 0 \n" });
  rmSync(spool, { recursive: true });
  expect(runHook(input).status).toBe(7);
});

test("an older hook that does not read its input is not disturbed", async () => {
  const older = join(shop.path, "hooks", "post-receive.before-skein");
  writeFileSync(older, "#!/bin/sh\nexit 0\n");
  chmodSync(older, 0o755);
  const refs = `${ZERO} ${ONE} refs/heads/main\n`.repeat(3_000);
  expect(runHook(refs)).toEqual({ status: 0, stderr: "" });
});

test("a push costs one program: the one that gives the file its name", async () => {
  const log = join(folder, "programs");
  for (const name of ["mv", "sync", "cat", "rm", "date", "git"]) {
    mkdirSync(join(folder, "bin"), { recursive: true });
    writeFileSync(
      join(folder, "bin", name),
      `#!/bin/sh\necho ${name} >>'${log}'\nexec /usr/bin/${name} "$@"\n`,
    );
    chmodSync(join(folder, "bin", name), 0o755);
  }
  const input = `${ZERO} ${ONE} refs/heads/main\n${ZERO} ${ONE} refs/heads/next\n`;
  expect(runHook(input, { PATH: `${join(folder, "bin")}:/usr/bin:/bin` }).status).toBe(0);
  expect(readFileSync(log, "utf8")).toBe("mv\n");
});
