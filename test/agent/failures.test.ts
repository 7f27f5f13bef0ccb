import { execFileSync } from "node:child_process";
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { aHost, type Host, last, linesOf } from "./support/host.ts";
import { anAnswer, aScript, type File } from "./support/origin.ts";

let host: Host;
afterEach(() => host.close());

const page = () => readFileSync(join(host.layout.current, "page"), "utf8");
const history = () => readFileSync(host.layout.history, "utf8");

/** Deploys a good release, then one with these files. */
async function afterGood(files: Readonly<Record<string, File>>) {
  const good = host.origin.commit({
    page: "good",
    "deploy/post-deploy": aScript('echo "$SKEIN_REVISION" >> ../../shared/ran'),
  });
  await host.deploy(good);
  const bad = host.origin.commit({ page: "bad", ...files });
  return { good, bad, ...(await host.deploy(bad)) };
}

test.each(["pre-deploy", "pre-link"])(
  "a %s script that fails leaves what is live untouched",
  async (name) => {
    host = await aHost();
    const { finished, good } = await afterGood({
      [`deploy/${name}`]: aScript("echo why it fails >&2; exit 3"),
    });
    expect(finished).toMatchObject({
      outcome: "failed",
      phase: name,
      code: "SCRIPT_FAILED",
      live: { revision: good },
    });
    expect(finished?.reason).toMatch(new RegExp(`deploy/${name} ended with 3.*why it fails`, "s"));
    expect(page()).toBe("good");
    expect(history()).toContain('"event":"failed"');
  },
);

test("a post-deploy script that fails brings the former release back, and runs its post-deploy", async () => {
  host = await aHost();
  const { finished, good } = await afterGood({ "deploy/post-deploy": aScript("exit 4") });
  expect(finished).toMatchObject({
    outcome: "rolled-back",
    phase: "post-deploy",
    code: "SCRIPT_FAILED",
    live: { revision: good },
  });
  expect(page()).toBe("good");
  expect(readFileSync(join(host.layout.shared, "ran"), "utf8")).toBe(`${good}\n${good}\n`);
});

test("a failure on the way back is told as well", async () => {
  host = await aHost();
  const flag = "if [ -e ../../shared/broken ]; then echo cannot; exit 5; fi";
  await host.deploy(host.origin.commit({ page: "good", "deploy/post-deploy": aScript(flag) }));
  const { finished } = await host.deploy(
    host.origin.commit({ page: "bad", "deploy/post-deploy": aScript("touch ../../shared/broken; exit 4") }),
  );
  expect(finished?.outcome).toBe("rolled-back");
  expect(finished?.reason).toMatch(/ended with 4.*On the way back: .*ended with 5.*cannot/s);
  expect(page()).toBe("good");
});

test("a first release that fails after it was published is taken away: nothing broken is live", async () => {
  host = await aHost();
  const { finished } = await host.deploy(
    host.origin.commit({ page: "bad", "deploy/post-deploy": aScript("exit 1") }),
  );
  expect(finished).toMatchObject({ outcome: "failed", phase: "post-deploy", live: null });
  expect(existsSync(host.layout.current)).toBe(false);
  expect(
    (await host.deploy(host.origin.commit({ "deploy/post-deploy": aScript("exit 0") }))).finished?.outcome,
  ).toBe("live");
});

test("a check that fails says where, what status, and how the answer begins, and rolls back", async () => {
  const answer = await anAnswer();
  answer.says = () => ({ status: 500, body: "stack trace" });
  host = await aHost();
  const good = host.origin.commit({ page: "good" });
  await host.deploy(good);
  const { shop } = host.here.settings.apps as Record<string, { check?: object }>;
  Object.assign(shop!, { check: { url: answer.url, status: 200, deadline: 200, interval: 20 } });
  const { finished } = await host.deploy(host.origin.commit({ page: "bad" }));
  expect(finished).toMatchObject({
    outcome: "rolled-back",
    phase: "check",
    code: "CHECK_FAILED",
    live: { revision: good },
  });
  expect(finished?.reason).toContain(answer.url);
  expect(finished?.reason).toContain("500");
  expect(finished?.reason).toContain("stack trace");
  await answer.close();
});

test("a script that hangs is ended at its deadline, even if it does not want to", async () => {
  host = await aHost({ app: { "script-timeout": "1s" } });
  const stubborn = aScript("trap '' TERM; (setsid sleep 600 &); while :; do sleep 0.1; done");
  const { finished } = await afterGood({ "deploy/pre-deploy": stubborn });
  expect(finished).toMatchObject({ outcome: "failed", code: "SCRIPT_TIMEOUT" });
  expect(page()).toBe("good");
});

test("a script that is not executable names the command that mends it", async () => {
  host = await aHost();
  const { finished } = await afterGood({ "deploy/pre-deploy.sh": { script: "#!/bin/sh\n", mode: 0o644 } });
  expect(finished).toMatchObject({ outcome: "failed", code: "SCRIPT_NOT_EXECUTABLE" });
  expect(finished?.reason).toContain("git update-index --chmod=+x deploy/pre-deploy.sh");
});

test("a script may print a hundred megabytes: the beginning and the end are told, and how much is not", async () => {
  host = await aHost({ config: { "script-output": "64KiB" } });
  const loud = aScript("yes 0123456789 | head -c 100000000; echo; echo the end; exit 7");
  const { finished, gone } = await afterGood({ "deploy/pre-deploy": loud });
  expect(finished?.reason).toMatch(/ended with 7.*the end/s);
  const lines = linesOf(gone, "pre-deploy");
  expect(lines[0]).toBe("0123456789");
  expect(lines.at(-1)).toBe("the end");
  expect(lines.find((line) => /^\[\d+ bytes of output are left out here\]$/.test(line))).toBeDefined();
  expect(lines.join("\n").length).toBeLessThan(200_000);
});

test.each([
  ["to a place on the host", "/etc/passwd"],
  ["above the release", "../../shared/secret"],
  ["above it by another link", "deep/inner/../../../x"],
])("a link that leads %s is refused before anything is built", async (_where, target) => {
  host = await aHost();
  const { prepared } = await afterGood({ "some/link": { link: target } });
  expect(last(prepared, "deploy.finished")).toMatchObject({
    outcome: "failed",
    phase: "build",
    code: "TREE_SYMLINK",
  });
  expect(readdirSync(host.layout.releases)).toHaveLength(1);
});

test("links that stay inside are fine, and all are where the app says so", async () => {
  host = await aHost();
  expect((await afterGood({ "some/link": { link: "../page" } })).finished?.outcome).toBe("live");
  await host.close();
  host = await aHost({ app: { symlinks: "any" } });
  expect((await afterGood({ "some/link": { link: "/etc" } })).finished?.outcome).toBe("live");
});

test("a disk without room refuses before it builds, and what is live stays", async (context) => {
  if (process.getuid?.() !== 0) return context.skip("mounting a small disk needs root");
  host = await aHost();
  mkdirSync(host.layout.root, { recursive: true });
  execFileSync("mount", ["-t", "tmpfs", "-o", "size=2m,nr_inodes=80", "tmpfs", host.layout.root]);
  try {
    const { prepared } = await afterGood({ big: "x".repeat(4_000_000) });
    expect(last(prepared, "deploy.finished")).toMatchObject({
      outcome: "failed",
      phase: "build",
      code: "DISK_FULL",
    });
    expect(page()).toBe("good");
    expect(readdirSync(host.layout.releases)).toHaveLength(1);
    // It looks as if there were room, but folders take some as well.
    const deep = Array.from({ length: 80 }, () => "d").join("/");
    const full = await host.deploy(host.origin.commit({ big: undefined, [`${deep}/file`]: "x" }));
    expect(full.finished).toMatchObject({ outcome: "failed", phase: "build", code: "DISK_FULL" });
    expect(readdirSync(host.layout.releases)).toHaveLength(1);
    expect(
      (await host.deploy(host.origin.commit({ page: "small", [`${deep}/file`]: undefined }))).finished
        ?.outcome,
    ).toBe("live");
  } finally {
    await host.leave();
    execFileSync("umount", [host.layout.root]);
  }
});

test("a folder in the place of the link is never replaced", async () => {
  host = await aHost();
  mkdirSync(join(host.layout.root, "current"), { recursive: true });
  const { prepared } = await host.deploy(host.origin.commit({ page: "x" }));
  expect(last(prepared, "deploy.refused")).toMatchObject({ code: "CURRENT_NOT_LINK" });
  expect(lstatSync(host.layout.current).isDirectory()).toBe(true);
});

test("old releases that cannot be removed do not fail a deploy", async () => {
  host = await aHost({ app: { keep: 1 } });
  for (const text of ["1", "2"]) await host.deploy(host.origin.commit({ page: text }));
  mkdirSync(join(host.layout.releases, "20200101T000000-abcdef0", "sub"), { recursive: true });
  if (process.getuid?.() === 0)
    execFileSync("mount", ["--bind", "/mnt", join(host.layout.releases, "20200101T000000-abcdef0", "sub")]);
  try {
    expect((await host.deploy(host.origin.commit({ page: "3" }))).finished?.outcome).toBe("live");
  } finally {
    if (process.getuid?.() === 0) {
      const [kept] = readdirSync(host.layout.releases).filter((name) => name.includes("20200101T000000"));
      execFileSync("umount", [join(host.layout.releases, kept ?? "", "sub")]);
    }
  }
});

test("another process that holds the lock is named", async () => {
  host = await aHost();
  const revision = host.origin.commit({ page: "x" });
  await host.deploy(revision);
  const { takeLock } = await import("../../lib/effects/lock.ts");
  const lock = await takeLock(host.layout.lock, "a person at the console");
  const { prepared } = await host.deploy(host.origin.commit({ page: "y" }));
  expect(last(prepared, "deploy.finished")).toMatchObject({
    outcome: "failed",
    phase: "lock",
    code: "E_LOCKED",
  });
  expect(last(prepared, "deploy.finished")?.reason).toContain("a person at the console");
  if (lock.taken) await lock.release();
});
