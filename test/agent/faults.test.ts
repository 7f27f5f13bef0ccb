import { execFileSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Revision } from "../../lib/schema/names.ts";
import { describeNeeding, ROOT } from "../support/needing.ts";
import { aHost, authorise, type Host, last, order, typesOf } from "./support/host.ts";

let host: Host;
let count = 0;
/** A revision that has every file anew, so that none of them is taken over from the former release. */
const next = (): Revision => {
  count += 1;
  return host.origin.commit({ page: `page ${count}`, "sub/other": `other ${count}` });
};
const page = () => readFileSync(join(host.layout.current, "page"), "utf8");
const unfinished = () => readdirSync(host.layout.releases).filter((name) => name.startsWith(".tmp-"));

/** Deploys what must go live, as it does on a host that nothing is wrong with. */
async function goesLive(revision = next()): Promise<void> {
  expect((await host.deploy(revision)).finished).toMatchObject({ outcome: "live", revision });
  expect([page(), unfinished()]).toEqual([`page ${count}`, []]);
}

describe("a mirror that is damaged is fetched anew in the middle of a deploy, which goes on", () => {
  beforeAll(async () => {
    host = await aHost();
    await goesLive();
  });
  afterAll(() => host.close());

  const mirror = () => join(host.folder, "state", "mirrors", "shop.git");
  const git = (...args: string[]) =>
    execFileSync("git", ["--git-dir", mirror(), ...args], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    }).trim();
  /** The file that holds an object by itself. */
  const loose = (name: string) => {
    const id = git("rev-parse", name);
    const path = join(mirror(), "objects", id.slice(0, 2), id.slice(2));
    if (!existsSync(path)) {
      const packs = join(mirror(), "objects", "pack");
      for (const each of readdirSync(packs)) renameSync(join(packs, each), join(mirror(), each));
      for (const each of readdirSync(mirror()).filter((file) => file.endsWith(".pack")))
        execFileSync("git", ["--git-dir", mirror(), "unpack-objects", "-q"], {
          input: readFileSync(join(mirror(), each)),
        });
    }
    chmodSync(path, 0o644);
    return path;
  };
  const packs = (ending: string) => {
    git("repack", "-adq");
    const folder = join(mirror(), "objects", "pack");
    const path = join(folder, readdirSync(folder).find((name) => name.endsWith(ending)) ?? "");
    chmodSync(path, 0o644);
    return path;
  };
  const middle = (path: string) => {
    const bytes = readFileSync(path);
    const begin = Math.floor(bytes.length / 2);
    writeFileSync(path, bytes.fill(0xff, begin, Math.min(bytes.length, begin + 40)));
  };

  test.each<readonly [string, (commit: Revision) => void]>([
    ["a file that is empty", (commit) => truncateSync(loose(`${commit}:page`), 0)],
    ["a file that is spoilt", (commit) => middle(loose(`${commit}:page`))],
    ["a folder that is spoilt", (commit) => middle(loose(`${commit}:sub`))],
    ["a commit that is cut off", (commit) => truncateSync(loose(commit), 20)],
    ["a pack that is spoilt", () => middle(packs(".pack"))],
    ["a pack that is cut off", () => truncateSync(packs(".pack"), 60)],
    ["an index that is empty", () => truncateSync(packs(".idx"), 0)],
  ])("%s", async (_what, spoil) => {
    const revision = next();
    await host.here.deps.mirrors.fetch("shop" as never);
    spoil(revision);
    await goesLive(revision);
    expect(git("fsck", "--no-dangling")).toBe("");
    expect(readdirSync(join(mirror(), ".."))).toEqual(["shop.git"]);
  });

  test("while the repository is away, what is live stays, and once it is back all is well", async () => {
    const revision = next();
    await host.here.deps.mirrors.fetch("shop" as never);
    middle(loose(`${revision}:page`));
    renameSync(host.origin.url, `${host.origin.url}-away`);
    const { finished } = await host.deploy(revision);
    expect(finished).toMatchObject({ outcome: "failed", phase: "build", code: "MIRROR_DAMAGED" });
    expect([page(), unfinished()]).toEqual([`page ${count - 1}`, []]);
    // What of it can be read is not thrown away for nothing.
    expect(git("rev-parse", "refs/skein/heads/main")).toBe(revision);
    renameSync(`${host.origin.url}-away`, host.origin.url);
    await goesLive(revision);
  });
});

describeNeeding({ [ROOT]: "root", chattr: "e2fsprogs" }, "what a disk refuses", () => {
  const mount = (...args: string[]) => execFileSync("mount", args);
  const root = () => host.layout.root;
  beforeAll(async () => {
    host = await aHost();
    mkdirSync(root(), { recursive: true });
    mount("-t", "tmpfs", "-o", "size=8m,nr_inodes=300", "tmpfs", root());
    await goesLive();
  });
  afterAll(async () => {
    await host.leave();
    execFileSync("umount", ["--recursive", root()]);
    await host.close();
  });

  const readOnly = (path: string) => {
    mount("--bind", path, path);
    mount("-o", "remount,ro,bind", path);
    return () => void execFileSync("umount", [path]);
  };
  const immutable = (path: string) => {
    execFileSync("chattr", ["+i", path]);
    return () => void execFileSync("chattr", ["-i", path]);
  };
  /** Until there is no room for a single file more. */
  const filled = () => {
    const folder = join(root(), "filled");
    mkdirSync(folder);
    for (let index = 0; ; index += 1) {
      try {
        writeFileSync(join(folder, `${index}`), "");
      } catch {
        return () => rmSync(folder, { recursive: true });
      }
    }
  };

  test.each<readonly [string, string, string, () => () => void]>([
    [
      "releases that are on a read-only file system",
      "build",
      "DISK_READ_ONLY",
      () => readOnly(host.layout.releases),
    ],
    ["releases that are locked", "build", "DISK_DENIED", () => immutable(host.layout.releases)],
    ["records that are locked", "build", "DISK_DENIED", () => immutable(host.layout.records)],
  ])("%s end a deploy before anything live changes", async (_what, phase, code, refuse) => {
    const former = page();
    const mend = refuse();
    try {
      const { finished, gone } = await host.deploy(next());
      expect(finished).toMatchObject({ outcome: "failed", phase, code });
      expect([finished?.reason, gone, page()]).toEqual([expect.stringContaining(root()), [], former]);
    } finally {
      mend();
    }
    await goesLive();
  });

  test.each<readonly [string, string, () => () => void]>([
    ["a root that is locked", "DISK_DENIED", () => immutable(root())],
    ["no room for a file more", "DISK_FULL", filled],
  ])("%s, once it is prepared, ends a deploy, and what was live stays", async (_what, code, refuse) => {
    const [former, command] = [page(), authorise(next())];
    expect(typesOf(await host.send("deploy.authorised", command))).toContain("deploy.prepared");
    const mend = refuse();
    try {
      const finished = last(await host.send("deploy.go", order("go", command)), "deploy.finished");
      expect(finished).toMatchObject({ code });
      expect(["failed", "rolled-back"]).toContain(finished?.outcome);
      expect(page()).toBe(former);
    } finally {
      mend();
    }
    await goesLive();
  });

  test("a whole file system that became read-only is told of at once, and nothing is begun", async () => {
    const former = page();
    const mend = readOnly(host.layout.own);
    try {
      const { prepared, gone } = await host.deploy(next());
      expect(last(prepared, "deploy.refused")).toMatchObject({ code: "E_STORAGE" });
      expect([gone, page()]).toEqual([[], former]);
    } finally {
      mend();
    }
    await goesLive();
  });
});
