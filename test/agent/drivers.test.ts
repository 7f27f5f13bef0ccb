import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { app as anyApp } from "../../lib/config/apps.ts";
import type { Message } from "../../lib/messages/catalogue.ts";
import { besides, type Deployable, type DriverCase, DRIVERS, prepare } from "./support/drivers.ts";
import {
  aHost,
  authorise,
  type Deployed,
  type Host,
  HOST,
  last,
  linesOf,
  order,
  typesOf,
  writeTrust,
} from "./support/host.ts";
import { anOrigin, aScript, type File, MAIN } from "./support/origin.ts";

const isRoot = process.getuid?.() === 0;
const NOBODY = 65_534;

let host: Host;
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "skein-drivers-"));
  prepare(folder);
});
afterEach(async () => {
  await host.close();
  rmSync(folder, { recursive: true, force: true });
});

type Files = Readonly<Record<string, File | undefined>>;
type Section = Readonly<Record<string, unknown>>;

/** A host with the app shop, deployed by this driver. */
async function stageFor(driver: DriverCase, more: Section = {}, settings: Section = {}) {
  const origin = host?.folder === folder ? host.origin : anOrigin(join(folder, "origin"));
  writeTrust(join(folder, "state", "trust"));
  const start = async () =>
    (host = await aHost({
      after: { folder, origin },
      app: { ...driver.app(folder), ...more },
      settings: { ...besides(folder), ...settings },
    }));
  await start();
  const seen = (file: string) => join(folder, driver.seen, file);
  const deploy = ({ revision, release }: Deployable, given = {}): Promise<Deployed> =>
    host.deploy(revision, { release, ...given });
  const make = driver.making(folder, origin);
  return {
    seen,
    make,
    deploy,
    /** Another agent goes on with what this one left. */
    start,
    made: async (files: Files) => deploy(await make(files)),
    read: (file: string) => readFileSync(seen(file), "utf8"),
  };
}

const releases = () => readdirSync(host.layout.releases);

describe.each(Object.entries<DriverCase>(DRIVERS))("the driver %s", (_name, driver) => {
  test("makes one revision live after the other, goes back, and goes back once more", async () => {
    const { make, deploy, read, seen } = await stageFor(driver);
    const made: Deployable[] = [];
    for (const text of ["one", "two", "three"]) {
      made.push(await make({ page: text, [`only-${text}`]: text }));
      expect((await deploy(made.at(-1)!)).finished?.outcome).toBe("live");
      expect(read("page")).toBe(text);
    }
    for (const [index, text] of [
      [1, "two"],
      [0, "one"],
    ] as const) {
      expect((await deploy(made[index]!, { kind: "rollback" })).finished?.outcome).toBe("live");
      expect(read("page")).toBe(text);
      expect(() => lstatSync(seen("only-three"))).toThrow("ENOENT");
    }
  });

  test("does nothing where it is live already, and all of it anew where it is forced", async () => {
    const { make, deploy } = await stageFor(driver);
    const one = await make({ page: "one", "deploy/post-deploy": aScript("echo ran") });
    await deploy(one);
    const { gone } = await deploy(one);
    expect(linesOf(gone, "post-deploy")).toEqual([]);
    const forced = await deploy(one, { force: true });
    expect([forced.finished?.outcome, linesOf(forced.gone, "post-deploy")]).toEqual(["live", ["ran"]]);
  });

  test("changes nothing live where pre-deploy fails, and takes it back where post-deploy does", async () => {
    const { made, read, seen } = await stageFor(driver);
    await made({ page: "good" });
    const early = await made({ page: "bad", "deploy/pre-deploy": aScript("exit 3") });
    expect([early.finished?.outcome, read("page")]).toEqual(["failed", "good"]);
    const late = await made({
      page: "worse",
      "deploy/pre-deploy": undefined,
      "deploy/post-deploy": aScript("exit 4"),
      odd: "x",
    });
    expect([late.finished?.outcome, read("page")]).toEqual(["rolled-back", "good"]);
    expect(() => lstatSync(seen("odd"))).toThrow("ENOENT");
    const { finished } = await made({ page: "better", "deploy/post-deploy": undefined });
    expect([finished?.outcome, read("page")]).toEqual(["live", "better"]);
  });

  test("takes away what was prepared and is not wanted any more", async () => {
    const { make, made, read } = await stageFor(driver);
    await made({ page: "good" });
    const { revision, release } = await make({ page: "unwanted" });
    const command = authorise(revision, { release });
    await host.send("deploy.authorised", command);
    expect(releases()).toHaveLength(2);
    const answer = await host.send("deploy.cancelled", order("abort", command));
    expect(last(answer, "deploy.finished")?.outcome).toBe("cancelled");
    expect([read("page"), releases()]).toEqual(["good", [expect.any(String)]]);
  });

  test("keeps as many former releases as it should, and what is known of them", async () => {
    const { made, read } = await stageFor(driver, { keep: 1 });
    for (const text of ["1", "2", "3", "4"]) await made({ page: text });
    expect([read("page"), releases()]).toEqual(["4", [expect.any(String), expect.any(String)]]);
    const records = join(host.layout.own, "files");
    if (existsSync(records)) expect(readdirSync(records)).toEqual(releases());
  });

  test("builds a release although the former one was deleted by hand, or just that one anew", async () => {
    const { make, deploy, read } = await stageFor(driver);
    const deleteLive = () => rmSync(join(host.layout.root, host.current()), { recursive: true });
    await deploy(await make({ page: "one", other: "same" }));
    deleteLive();
    const two = await make({ page: "two" });
    for (const again of [deleteLive, () => undefined]) {
      expect((await deploy(two)).finished?.outcome).toBe("live");
      expect([read("page"), read("other")]).toEqual(["two", "same"]);
      again();
    }
  });

  test("leaves a folder alone that somebody put in the place of current, and goes on once it is away", async () => {
    const { make, deploy, made } = await stageFor(driver);
    await made({ page: "one" });
    renameSync(host.layout.current, `${host.layout.current}-away`);
    mkdirSync(host.layout.current);
    writeFileSync(join(host.layout.current, "mine"), "");
    const two = await make({ page: "two" });
    expect(last((await deploy(two)).prepared, "deploy.refused")?.code).toBe("CURRENT_NOT_LINK");
    expect(readdirSync(host.layout.current)).toEqual(["mine"]);
    if (driver.seen === "www") expect(readFileSync(join(folder, "www", "page"), "utf8")).toBe("one");
    rmSync(host.layout.current, { recursive: true });
    expect((await deploy(two)).finished?.outcome).toBe("live");
    expect(readFileSync(join(folder, driver.seen, "page"), "utf8")).toBe("two");
  });

  test("goes on after a restart in the middle of a script, which runs once", async () => {
    const { make, made, read, start } = await stageFor(driver);
    await made({ page: "one" });
    const waits = 'echo x >> "$SKEIN_SHARED/waited"; until [ -e "$SKEIN_SHARED/go" ]; do sleep 0.02; done';
    const { revision, release } = await make({ page: "two", "deploy/post-deploy": aScript(waits) });
    const command = authorise(revision, { release });
    await host.send("deploy.authorised", command);
    const said = host.send("deploy.go", order("go", command));
    const ran = join(host.layout.shared, "waited");
    await expect.poll(() => existsSync(ran), { timeout: 5_000 }).toBe(true);
    await host.leave();
    expect(typesOf(await said)).not.toContain("deploy.finished");
    writeFileSync(join(host.layout.shared, "go"), "");
    const next = await start();
    expect(last(await next.reconcile(), "deploy.finished")?.outcome).toBe("live");
    expect([read("page"), readFileSync(ran, "utf8")]).toEqual(["two", "x\n"]);
  });
});

describe("a checkout", () => {
  test("keeps files that git does not know, overwrites what was changed by hand, and tells its tag", async () => {
    const { made, read } = await stageFor(DRIVERS.checkout);
    writeFileSync(join(folder, "www", "upload"), "mine");
    writeFileSync(join(folder, "www", "page"), "there before");
    await made({ page: "one", "sub/page": "one" });
    expect([read("page"), read("upload")]).toEqual(["one", "mine"]);
    writeFileSync(join(folder, "www", "page"), "by hand");
    rmSync(join(folder, "www", "sub"), { recursive: true });
    symlinkSync(join(folder, "uploads"), join(folder, "www", "sub"));
    expect((await made({ page: "two" })).finished?.outcome).toBe("live");
    expect([read("page"), read("upload"), read("sub/page")]).toEqual(["two", "mine", "one"]);
    expect(readdirSync(join(folder, "uploads"))).toEqual([]);
    expect(readFileSync(join(host.layout.root, "TAG"), "utf8")).toBe("Tag: main\n");
  });

  test("tells its scripts where the live folder is", async () => {
    const { made } = await stageFor(DRIVERS.checkout);
    const script = aScript('echo "$SKEIN_TREE $(cat "$SKEIN_TREE/page") $PWD"');
    const { gone, finished } = await made({ page: "one", "deploy/post-deploy": script });
    const release = join(host.layout.releases, finished?.live?.release ?? "");
    expect(linesOf(gone, "post-deploy")).toEqual([`${join(folder, "www")} one ${release}`]);
  });

  test("that cannot write every file goes back, and tells the former release that it is live again", async () => {
    chmodSync(folder, 0o755);
    if (isRoot) chownSync(join(folder, "www"), NOBODY, NOBODY);
    const { made, read } = await stageFor(DRIVERS.checkout, isRoot ? { user: "nobody" } : {});
    await made({ a: "one", page: "one", "z/old": "", "deploy/post-deploy": aScript("echo told") });
    // Whoever writes may write into the folder, but not into this one in it.
    if (isRoot) chownSync(join(folder, "www", "z"), 0, 0);
    chmodSync(join(folder, "www", "z"), 0o555);
    const { finished, gone } = await made({ a: "two", page: "two", "z/new": "two" });
    expect(finished).toMatchObject({ outcome: "rolled-back", phase: "publish", code: "DISK_DENIED" });
    expect([read("a"), read("page"), readdirSync(join(folder, "www", "z"))]).toEqual(["one", "one", ["old"]]);
    expect(linesOf(gone, "post-deploy")).toEqual(["told"]);
  });

  test.each([
    ["is not there", "is not there", () => rmSync(join(folder, "www"), { recursive: true })],
    [
      "is a link",
      "name that folder in `tree`",
      () => {
        renameSync(join(folder, "www"), join(folder, "elsewhere"));
        symlinkSync("elsewhere", join(folder, "www"));
      },
    ],
  ])("into a folder that %s is refused before the turn of the host comes", async (_what, says, spoil) => {
    const { made, make } = await stageFor(DRIVERS.checkout);
    spoil();
    const { finished, gone } = await made({ page: "one" });
    expect(finished).toMatchObject({ outcome: "failed", code: "CHECKOUT_TREE" });
    expect([finished?.reason, gone]).toEqual([expect.stringContaining(says), []]);
    expect(await make({})).toBeDefined();
  });

  test("leaves a folder alone that the revision has a file in the place of, unless all of it was checked out", async () => {
    const { made, make, deploy, read, seen } = await stageFor(DRIVERS.checkout);
    const fileInPlaceOf = (name: string) => {
      rmSync(join(host.origin.url, name), { recursive: true });
      return { [name]: "a file now" };
    };
    await made({ page: "one", "files/a": "a", "files/deep/b": "b", "photos/c": "c" });
    mkdirSync(seen("files/empty"));
    expect((await made({ page: "two", ...fileInPlaceOf("files") })).finished?.outcome).toBe("live");
    writeFileSync(seen("photos/mine"), "geese");
    const blocked = await make({ page: "three", ...fileInPlaceOf("photos") });
    const { finished, gone } = await deploy(blocked);
    expect(finished).toMatchObject({ outcome: "failed", phase: "fetch", code: "CHECKOUT_BLOCKED" });
    expect(finished?.reason).toContain(seen("photos"));
    expect([gone, read("page"), read("photos/c"), read("photos/mine")]).toEqual([[], "two", "c", "geese"]);
    renameSync(seen("photos"), seen("away"));
    const command = authorise(blocked.revision);
    expect(typesOf(await host.send("deploy.authorised", command))).toContain("deploy.prepared");
    renameSync(seen("away"), seen("photos"));
    const late = last(await host.send("deploy.go", order("go", command)), "deploy.finished");
    expect(late).toMatchObject({ outcome: "rolled-back", phase: "publish", code: "CHECKOUT_BLOCKED" });
    expect([read("page"), read("photos/c"), read("photos/mine")]).toEqual(["two", "c", "geese"]);
    renameSync(seen("photos"), seen("away"));
    expect((await deploy(blocked)).finished?.outcome).toBe("live");
    expect([read("photos"), read("away/mine")]).toEqual(["a file now", "geese"]);
  });

  test("into the folder that its releases are in is refused", async () => {
    const tree = join(folder, "shop");
    mkdirSync(tree);
    const { made } = await stageFor(DRIVERS.checkout, { tree });
    expect((await made({ page: "one" })).finished).toMatchObject({ code: "CHECKOUT_TREE" });
    expect(existsSync(join(tree, "page"))).toBe(false);
  });

  test.runIf(isRoot)("is written by the app's user; root writes into no folder of another user", async () => {
    chownSync(join(folder, "www"), NOBODY, NOBODY);
    const asRoot = await stageFor(DRIVERS.checkout);
    const refused = await asRoot.made({ page: "one" });
    expect(refused.finished).toMatchObject({ outcome: "failed", code: "CHECKOUT_TREE" });
    expect(refused.finished?.reason).toContain("name that user in `user`");
    await host.leave();
    const { made, seen } = await stageFor(DRIVERS.checkout, { user: "nobody" });
    expect((await made({ page: "two", "sub/page": "two" })).finished?.outcome).toBe("live");
    expect([statSync(seen("page")).uid, statSync(seen("sub")).uid]).toEqual([NOBODY, NOBODY]);
  });

  test.each([
    ["shared", { shared: ["uploads"] }],
    ["configure", { configure: {} }],
  ])("cannot be configured with %s, which no visitor would see", async (key, more) => {
    host = await aHost();
    const wanted = { ...DRIVERS.checkout.app(folder), root: "/srv/shop" };
    expect(anyApp.safeParse(wanted).success).toBe(true);
    const { error } = anyApp.safeParse({ ...wanted, ...more });
    expect(error?.issues.map(({ path, message }) => [path, message.slice(0, 16)])).toEqual([
      [[key], "must be left out"],
    ]);
  });
});

describe("a site", () => {
  const parts = {
    top: { repository: "shop", at: ".", base: MAIN },
    news: { repository: "shop", at: "modules/news", base: MAIN },
  };

  test("is one tree: what lies deeper comes over it, and a part by itself leaves the others as they are", async () => {
    const { make, deploy, read, seen } = await stageFor(DRIVERS.site, { parts });
    const [one, two] = [
      await make({ page: "one", "modules/news/page": "of the top", "modules/other": "stays" }),
      await make({ page: "two" }),
    ];
    const site = (top: Deployable, news: Deployable) => ({
      revision: top.revision,
      release: {
        type: "site",
        ref: MAIN,
        parts: [
          { part: "top", commit: top.revision, ref: MAIN },
          { part: "news", commit: news.revision, ref: MAIN },
        ],
      },
    });
    await deploy(site(one, one));
    expect([read("page"), read("modules/news/page"), read("modules/other")]).toEqual(["one", "one", "stays"]);
    const { finished } = await deploy(site(one, two));
    expect([read("page"), read("modules/news/page")]).toEqual(["one", "two"]);
    expect(finished?.live?.parts?.map(({ part, commit }) => [part, commit])).toEqual([
      ["top", one.revision],
      ["news", two.revision],
    ]);
    expect(existsSync(seen("modules/news/modules/other"))).toBe(true);
  });

  test("whose parts are put elsewhere is another one, although nothing in them changed", async () => {
    const { make, deploy, read } = await stageFor(DRIVERS.site);
    const one = await make({ page: "one" });
    await deploy(one);
    const former = releases();
    const { shop } = host.here.settings.apps as Record<string, { parts?: object }>;
    Object.assign(shop?.parts ?? {}, { again: { repository: "shop", at: "modules/moved", base: MAIN } });
    for (const count of [2, 2]) {
      expect((await deploy(one)).finished?.outcome).toBe("live");
      expect([read("modules/moved/page"), releases().length]).toEqual(["one", count]);
    }
    // What is there already of the way that it was is not what a rollback means now.
    expect(existsSync(join(host.layout.releases, former[0] ?? "", "modules/again/page"))).toBe(true);
  });

  test("links user data in, and one that lacks it changes nothing", async () => {
    const { made, read } = await stageFor(DRIVERS.site);
    writeFileSync(join(folder, "uploads", "photo"), "geese");
    await made({ page: "one", "files/uploads/photo": "of the repository" });
    expect(read("files/uploads/photo")).toBe("geese");
    rmSync(join(folder, "uploads"), { recursive: true });
    const { finished } = await made({ page: "two" });
    expect(finished).toMatchObject({ outcome: "failed", code: "USER_DATA_MISSING", phase: "pre-link" });
    expect(finished?.reason).toContain(join(folder, "uploads"));
    expect(read("page")).toBe("one");
  });

  test("puts no user data behind a link that leads out of it", async () => {
    const { made } = await stageFor(DRIVERS.site, { symlinks: "any" });
    mkdirSync(join(folder, "outside"));
    const { finished } = await made({ page: "one", files: { link: join(folder, "outside") } });
    expect(finished).toMatchObject({ outcome: "failed", code: "TREE_SYMLINK", phase: "pre-link" });
    expect(readdirSync(join(folder, "outside"))).toEqual([]);
  });
});

test("a release of something else than the app is made of is refused", async () => {
  const { make } = await stageFor(DRIVERS.release);
  const { revision } = await make({ page: "one" });
  const release = { type: "site", ref: MAIN, parts: [{ part: "top", commit: revision, ref: MAIN }] };
  const answer = await host.deploy(revision, { release });
  expect(last(answer.prepared, "deploy.refused")).toMatchObject({ code: "RELEASE_MISFIT" });
});

describe("where lines for people are written for the older kit", () => {
  const topics = { overrides: { "event.said": { dialect: "deploykit" } } };
  const linesIn = (messages: readonly Message[]) =>
    messages.flatMap((each) => (each.type === "event.said" ? [each.data] : []));

  test("a checkout is told of as gitagent did, and what failed is not", async () => {
    const { made } = await stageFor(DRIVERS.checkout, {}, { topics });
    const { gone, finished } = await made({ page: "one" });
    const recorded = recordedOf("gitagent").body;
    const mirror = join(folder, "state", "mirrors", "shop.git");
    const now = recorded
      .replace(" on vm ", ` on ${HOST} `)
      .replace(" tag v2 ", " tag main ")
      .replace(/ repo \S+ /, ` repo ${mirror} `)
      .replace(/ target \S+ /, ` target ${join(folder, "www")} `)
      .replace(/ id \w+ type live$/, ` id ${finished?.rollout} type production`);
    expect(linesIn(gone)).toMatchObject([{ source: "deploys", text: now }]);
    const bad = await made({ "deploy/post-deploy": aScript("exit 1") });
    expect([bad.finished?.outcome, linesIn(bad.gone)]).toEqual(["rolled-back", []]);
  });

  test("a site is told of as bloatagent did, with the tag of each part", async () => {
    const { made } = await stageFor(DRIVERS.site, {}, { topics });
    const { gone, finished } = await made({ page: "one" });
    const now = recordedOf("bloatagent")
      .body.replace(" on vm ", ` on ${HOST} `)
      .replace(" tag v2 ", " tag top=main,again=main ")
      .replace(/ repo \S+ /, " repo shop ")
      .replace(/ target \S+ /, ` target ${host.layout.current} `)
      .replace(/ id \w+$/, ` id ${finished?.rollout}`);
    expect(linesIn(gone)).toMatchObject([{ source: "deploys", text: now }]);
  });

  test("nothing is said where they are written as events", async () => {
    const { made } = await stageFor(DRIVERS.checkout);
    expect(linesIn((await made({ page: "one" })).gone)).toEqual([]);
  });
});

/** The frame that an agent of the older kit was recorded to send. */
function recordedOf(agent: string): { readonly body: string } {
  const path = join(import.meta.dirname, "..", "fixtures", "legacy", `${agent}.json`);
  const [{ frames } = { frames: [] }] = JSON.parse(readFileSync(path, "utf8")) as {
    frames: { body: string }[];
  }[];
  return frames[0] ?? { body: "" };
}
