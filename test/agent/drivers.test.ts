import { lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Revision } from "../../lib/schema/names.ts";
import { aHost, authorise, type Deployed, type Host, last, linesOf, order } from "./support/host.ts";
import { aScript, type File, MAIN } from "./support/origin.ts";

let host: Host;
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "skein-drivers-"));
});
afterEach(async () => {
  await host.close();
  rmSync(folder, { recursive: true, force: true });
});

/** What is the same of every driver that deploys from git, and what differs. */
interface Case {
  readonly app: () => Readonly<Record<string, unknown>>;
  readonly release: (commit: Revision) => Readonly<Record<string, unknown>>;
  /** Where visitors find a file. */
  readonly seen: (file: string) => string;
}

const part = (commit: Revision) => ({ part: "top", commit, ref: MAIN });

const CASES: Readonly<Record<string, Case>> = {
  release: {
    app: () => ({ share: ["hardlink"] }),
    release: (commit) => ({ type: "git", commit, ref: MAIN }),
    seen: (file) => join(host.layout.current, file),
  },
  checkout: {
    app: () => ({ driver: "checkout", tree: join(folder, "www") }),
    release: (commit) => ({ type: "git", commit, ref: MAIN }),
    seen: (file) => join(folder, "www", file),
  },
  site: {
    app: () => ({
      driver: "site",
      parts: { top: { repository: "shop", at: ".", base: MAIN } },
      "user-data": [{ source: join(folder, "uploads"), at: "files/uploads" }],
      share: ["hardlink"],
    }),
    release: (commit) => ({ type: "site", ref: MAIN, parts: [part(commit)] }),
    seen: (file) => join(host.layout.current, file),
  },
};

describe.each(Object.entries(CASES))("the driver %s", (_name, driver) => {
  const start = async (more: Readonly<Record<string, unknown>> = {}) => {
    for (const name of ["www", "uploads"]) mkdirSync(join(folder, name));
    host = await aHost({ app: { ...driver.app(), ...more } });
  };
  const commit = (files: Readonly<Record<string, File | undefined>>) => host.origin.commit(files);
  const deploy = (revision: Revision, given = {}): Promise<Deployed> =>
    host.deploy(revision, { release: driver.release(revision), ...given });
  const page = () => readFileSync(driver.seen("page"), "utf8");

  test("makes one revision live after the other, goes back, and goes back once more", async () => {
    await start();
    const revisions = ["one", "two", "three"].map((text) => commit({ page: text, [`only-${text}`]: text }));
    for (const [index, revision] of revisions.entries()) {
      expect((await deploy(revision)).finished?.outcome).toBe("live");
      expect(page()).toBe(["one", "two", "three"][index]);
    }
    for (const [index, text] of [
      [1, "two"],
      [0, "one"],
    ] as const) {
      expect((await deploy(revisions[index]!, { kind: "rollback" })).finished?.outcome).toBe("live");
      expect(page()).toBe(text);
      expect(() => lstatSync(driver.seen("only-three"))).toThrow("ENOENT");
    }
  });

  test("does nothing where it is live already, and all of it anew where it is forced", async () => {
    await start();
    const revision = commit({ page: "one", "deploy/post-deploy": aScript("echo ran") });
    await deploy(revision);
    const { gone } = await deploy(revision);
    expect(linesOf(gone, "post-deploy")).toEqual([]);
    const forced = await deploy(revision, { force: true });
    expect([forced.finished?.outcome, linesOf(forced.gone, "post-deploy")]).toEqual(["live", ["ran"]]);
  });

  test("changes nothing live where pre-deploy fails, and takes it back where post-deploy does", async () => {
    await start();
    await deploy(commit({ page: "good" }));
    const early = await deploy(commit({ page: "bad", "deploy/pre-deploy": aScript("exit 3") }));
    expect([early.finished?.outcome, page()]).toEqual(["failed", "good"]);
    const late = await deploy(
      commit({
        page: "worse",
        "deploy/pre-deploy": undefined,
        "deploy/post-deploy": aScript("exit 4"),
        odd: "x",
      }),
    );
    expect([late.finished?.outcome, page()]).toEqual(["rolled-back", "good"]);
    expect(() => lstatSync(driver.seen("odd"))).toThrow("ENOENT");
    expect(
      (await deploy(commit({ page: "better", "deploy/post-deploy": undefined }))).finished?.outcome,
    ).toBe("live");
    expect(page()).toBe("better");
  });

  test("takes away what was prepared and is not wanted any more", async () => {
    await start();
    await deploy(commit({ page: "good" }));
    const command = authorise(commit({ page: "unwanted" }), {
      release: driver.release(host.origin.commit({ page: "unwanted" })),
    });
    await host.send("deploy.authorised", command);
    const answer = await host.send("deploy.cancelled", order("abort", command));
    expect(last(answer, "deploy.finished")?.outcome).toBe("cancelled");
    expect([page(), readdirSync(host.layout.releases)]).toEqual(["good", [expect.any(String)]]);
  });

  test("keeps as many former releases as it should", async () => {
    await start({ keep: 1 });
    for (const text of ["1", "2", "3", "4"]) await deploy(commit({ page: text }));
    expect(readdirSync(host.layout.releases)).toHaveLength(2);
    expect(readdirSync(join(host.layout.own, "files"))).toHaveLength(2);
  });

  test("builds a release although the former one was deleted by hand", async () => {
    await start();
    await deploy(commit({ page: "one", other: "same" }));
    rmSync(join(host.layout.root, host.current()), { recursive: true });
    expect((await deploy(commit({ page: "two" }))).finished?.outcome).toBe("live");
    expect([page(), readFileSync(driver.seen("other"), "utf8")]).toEqual(["two", "same"]);
  });
});

test("a checkout keeps files that git does not know, overwrites what was changed by hand, and tells its tag", async () => {
  mkdirSync(join(folder, "www"));
  host = await aHost({ app: CASES["checkout"]!.app() });
  writeFileSync(join(folder, "www", "upload"), "mine");
  await host.deploy(host.origin.commit({ page: "one" }));
  writeFileSync(join(folder, "www", "page"), "by hand");
  expect((await host.deploy(host.origin.commit({ page: "two" }))).finished?.outcome).toBe("live");
  const read = (name: string) => readFileSync(join(folder, "www", name), "utf8");
  expect([read("page"), read("upload")]).toEqual(["two", "mine"]);
  expect(readFileSync(join(host.layout.root, "TAG"), "utf8")).toBe("Tag: main\n");
});

test("a checkout into a folder that is not there is refused, and what to do is said", async () => {
  host = await aHost({ app: CASES["checkout"]!.app() });
  const { finished } = await host.deploy(host.origin.commit({ page: "one" }));
  expect(finished).toMatchObject({ outcome: "failed", code: "CHECKOUT_TREE" });
});

test("a site links user data in, and one that lacks it changes nothing", async () => {
  mkdirSync(join(folder, "uploads"));
  writeFileSync(join(folder, "uploads", "photo"), "geese");
  host = await aHost({ app: CASES["site"]!.app() });
  const release = (commit: Revision) => ({ release: CASES["site"]!.release(commit) });
  const one = host.origin.commit({ page: "one" });
  expect((await host.deploy(one, release(one))).finished?.outcome).toBe("live");
  expect(readFileSync(join(host.layout.current, "files", "uploads", "photo"), "utf8")).toBe("geese");
  rmSync(join(folder, "uploads"), { recursive: true });
  const two = host.origin.commit({ page: "two" });
  const { finished } = await host.deploy(two, release(two));
  expect(finished).toMatchObject({ outcome: "failed", code: "USER_DATA_MISSING", phase: "pre-link" });
  expect(readFileSync(join(host.layout.current, "page"), "utf8")).toBe("one");
});

test("a release of something else than the app is made of is refused", async () => {
  host = await aHost();
  const commit = host.origin.commit({ page: "one" });
  const answer = await host.deploy(commit, { release: { type: "site", ref: MAIN, parts: [part(commit)] } });
  expect(last(answer.prepared, "deploy.refused")).toMatchObject({ code: "RELEASE_MISFIT" });
});
