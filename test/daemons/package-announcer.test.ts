import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { packageAnnouncer } from "../../daemons/package-announcer.ts";
import { readSpooled } from "../../daemons/package-announcer/spooled.ts";
import { installReprepro } from "../../lib/effects/hooks/reprepro.ts";
import { message, type Message } from "../../lib/messages/catalogue.ts";
import { enclose } from "../../lib/messages/envelope.ts";
import { aPackage, anArchive, type TestArchive } from "../support/archive.ts";
import { aFolder } from "../support/folder.ts";
import { dataOf, given } from "../support/given.ts";
import { describeNeeding } from "../support/needing.ts";

const published = (messages: readonly Message[]) => dataOf("package.published", messages);
const said = (messages: readonly Message[]) => dataOf("event.said", messages).map(({ text }) => text);
const idsOf = (messages: readonly Message[]) =>
  published(messages).map(
    (data) => enclose(message("package.published", data), { source: "//a/b", now: new Date() }).id,
  );

/** The daemon, on a state folder of its own or that of another one. */
function announcerOf(config: Readonly<Record<string, unknown>>, state = aFolder(), now?: () => Date) {
  const daemon = given(packageAnnouncer, {
    config: { poll: "1ms", ...config },
    settings: { state },
    ...(now === undefined ? {} : { now }),
  });
  onTestFinished(async () => {
    const { deps } = await daemon.context();
    await packageAnnouncer.dispose?.(deps);
  });
  return daemon;
}

describeNeeding({ reprepro: "reprepro", "dpkg-deb": "dpkg" }, "through reprepro's hook", () => {
  test("what a person takes in with reprepro is announced, one message for each change, in order", async () => {
    const archive = anArchive({ architectures: "amd64 arm64" });
    const spool = join(archive.folder, "spool");
    const shipped = (name: string) => join(import.meta.dirname, "../../hooks", `reprepro-${name}`);
    const scripts = { notifier: shipped("notifier"), endhook: shipped("endhook") };
    await installReprepro({ base: archive.base, name: "lab", spool, ...scripts });
    const daemon = announcerOf({ spool });
    archive.publish("kit-hello", "1.0");
    archive.publish("kit-hello", "1.1");
    archive.reprepro("remove", "bookworm", "kit-hello");
    const all = published(await daemon.tick());
    expect(all[0]).toEqual({
      repository: "lab",
      suite: "bookworm",
      component: "main",
      architecture: "amd64",
      package: "kit-hello",
      version: "1.0",
      action: "added",
      file: "kit-hello_1.0_all.deb",
      at: expect.stringMatching(/^20/) as string,
    });
    expect(
      all.map(({ action, architecture, version, previous }) => [action, architecture, version, previous]),
    ).toEqual([
      ["added", "amd64", "1.0", undefined],
      ["added", "arm64", "1.0", undefined],
      ["replaced", "amd64", "1.1", "1.0"],
      ["replaced", "arm64", "1.1", "1.0"],
      ["removed", "amd64", "1.1", undefined],
      ["removed", "arm64", "1.1", undefined],
    ]);
    expect(readdirSync(spool)).toEqual([]);
    expect(await daemon.tick()).toEqual([]);
  });
});

test("a line of the spool that cannot be read is left out; a file that is not whole is set aside", async () => {
  const spool = aFolder();
  const daemon = announcerOf({ spool });
  writeFileSync(
    join(spool, "packages-1"),
    "archive lab\nreprepro add bookworm deb main amd64 foo;rm 1.0 -- x\nreprepro add bookworm deb main amd64 ../x 1.0 -- x\n" +
      "reprepro nothing\nwhatever\npackage {\npackage {}\nreprepro add bookworm deb main amd64 kit-hello 1.0 -- p/-x\nend\n",
  );
  writeFileSync(join(spool, "packages-2"), "archive lab\nreprepro add bookworm deb main amd64 kit-hel");
  const all = published(await daemon.tick());
  expect(all.map(({ package: name, file }) => [name, file])).toEqual([["kit-hello", undefined]]);
  expect(daemon.logged.filter(({ text }) => text.includes("cannot be read"))).toHaveLength(6);
  expect(readdirSync(join(spool, "rejected"))).toEqual([expect.stringContaining("packages-2")]);
});

test("what is in the spool is told before what follows it, and of an archive that never changes nothing else", () => {
  const at = new Date("2026-11-25T00:00:00Z");
  expect(readSpooled("look lab\nend\n", at)).toEqual({ changes: [], looks: ["lab"], wrong: [] });
  expect(readSpooled("look lab\n", at)).toBeUndefined();
  expect(readSpooled("", at)).toBeUndefined();
});

interface Drop {
  readonly archive: TestArchive;
  readonly folder: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly names: (below?: string, distribution?: string) => string[];
  readonly path: (name: string, below?: string) => string;
}

/** A folder of uploads in front of an archive. */
function aDrop(archive = anArchive({ distributions: ["bookworm", "trixie"] }), more = {}): Drop {
  const folder = join(archive.folder, "incoming");
  const incoming = { folder, distributions: ["bookworm", "trixie"], settle: "0s", ...more };
  for (const name of ["bookworm", "trixie"]) mkdirSync(join(folder, name), { recursive: true });
  return {
    archive,
    folder,
    config: { reprepro: { lab: { base: archive.base, incoming } } },
    names: (below = ".", distribution = "bookworm") =>
      readdirSync(join(folder, distribution, below), { withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map(({ name }) => name)
        .sort(),
    path: (name, below = ".") => join(folder, "bookworm", below, name),
  };
}
const into = (drop: Drop, distribution = "bookworm") => ({ into: join(drop.folder, distribution) });
const versionsIn = ({ archive }: Drop, distribution = "bookworm") =>
  readFileSync(join(archive.base, "dists", distribution, "main/binary-amd64/Packages"), "utf8").match(
    /^Version: .*$/gm,
  );

describeNeeding({ reprepro: "reprepro", "dpkg-deb": "dpkg" }, "a folder of uploads", () => {
  test("packages for two distributions are taken in, announced and archived", async () => {
    const drop = aDrop();
    const daemon = announcerOf(drop.config);
    aPackage(drop.archive.folder, "kit-world", "2.0", into(drop));
    aPackage(drop.archive.folder, "kit-hello", "1.1", into(drop, "trixie"));
    const all = published(await daemon.tick());
    expect(
      all.map(({ suite, package: name, version, action, file }) => [suite, name, version, action, file]),
    ).toEqual([
      ["bookworm", "kit-world", "2.0", "added", "kit-world_2.0_all.deb"],
      ["trixie", "kit-hello", "1.1", "added", "kit-hello_1.1_all.deb"],
    ]);
    expect([drop.names(), drop.names("archive")]).toEqual([[], ["kit-world_2.0_all.deb"]]);
    expect(drop.names("archive", "trixie")).toEqual(["kit-hello_1.1_all.deb"]);
    aPackage(drop.archive.folder, "kit-world", "2.1", into(drop));
    expect(published(await daemon.tick())).toMatchObject([
      { action: "replaced", version: "2.1", previous: "2.0" },
    ]);
  });

  test("what reprepro refuses is not announced as added, but set aside with the reason", async () => {
    const drop = aDrop();
    const daemon = announcerOf(drop.config);
    writeFileSync(drop.path("broken_1_all.deb"), "not a deb\n");
    aPackage(drop.archive.folder, "kit-bare", "1.0", { ...into(drop), control: "" });
    aPackage(drop.archive.folder, "kit-fine", "1.0", into(drop));
    const messages = await daemon.tick();
    expect(published(messages).map(({ package: name }) => name)).toEqual(["kit-fine"]);
    expect(said(messages)).toEqual([
      expect.stringContaining("broken_1_all.deb"),
      expect.stringMatching(/kit-bare_1\.0_all\.deb.*section/is),
    ]);
    expect(drop.names("archive")).toEqual(["kit-fine_1.0_all.deb"]);
    expect(drop.names("rejected")).toEqual([
      "broken_1_all.deb",
      "broken_1_all.deb.reason",
      "kit-bare_1.0_all.deb",
      "kit-bare_1.0_all.deb.reason",
    ]);
    expect(readFileSync(drop.path("kit-bare_1.0_all.deb.reason", "rejected"), "utf8")).toMatch(/section/i);
  });

  test("a name that means something to a shell or to an option parser starts no program", async () => {
    const drop = aDrop();
    const daemon = announcerOf(drop.config);
    const good = aPackage(drop.archive.folder, "kit-hello", "1.0");
    const names = ["x;touch INJECTED;.deb", "-o=APT::x.deb", "$(touch INJECTED).deb", "a\nb.deb"];
    for (const name of names) copyFileSync(good, drop.path(name));
    const messages = await daemon.tick();
    expect(published(messages)).toEqual([]);
    expect(said(messages)).toHaveLength(4);
    expect(drop.names("rejected")).toHaveLength(8);
    expect(existsSync(join(drop.archive.base, "db"))).toBe(false);
    expect(existsSync("INJECTED")).toBe(false);
  });

  test("folders that are missing are made", async () => {
    const drop = aDrop();
    rmSync(drop.folder, { recursive: true });
    const daemon = announcerOf(drop.config);
    await daemon.context();
    aPackage(drop.archive.folder, "kit-hello", "1.0", into(drop));
    expect(published(await daemon.tick())).toHaveLength(1);
    expect(drop.names("archive")).toEqual(["kit-hello_1.0_all.deb"]);
  });

  test("half an upload is not taken, however long it rests, until its patience ends", async () => {
    const drop = aDrop(undefined, { settle: "10s", patience: "1h" });
    let now = Date.now();
    const daemon = announcerOf(drop.config, undefined, () => new Date(now));
    const whole = aPackage(drop.archive.folder, "kit-hello", "1.0");
    const bytes = readFileSync(whole);
    const half = drop.path("kit-hello_1.0_all.deb");
    for (const length of [0, 7, 40, 100, bytes.length - 1]) {
      writeFileSync(half, bytes.subarray(0, length));
      expect(await daemon.tick()).toEqual([]);
      now += 600_000;
      expect(await daemon.tick()).toEqual([]);
    }
    writeFileSync(half, bytes);
    expect(await daemon.tick()).toEqual([]);
    now += 10_000;
    expect(published(await daemon.tick())).toMatchObject([{ package: "kit-hello" }]);
    writeFileSync(half, bytes);
    truncateSync(half, 200);
    await daemon.tick();
    now += 3_600_000;
    expect(said(await daemon.tick())).toEqual([expect.stringContaining("kit-hello_1.0_all.deb")]);
    expect(drop.names("rejected")).toContain("kit-hello_1.0_all.deb");
  });

  test("a file that still grows is waited for", async () => {
    const drop = aDrop(undefined, { settle: "10s" });
    let now = Date.now();
    const daemon = announcerOf(drop.config, undefined, () => new Date(now));
    const file = aPackage(drop.archive.folder, "kit-hello", "1.0", into(drop));
    await daemon.tick();
    now += 9_000;
    appendFileSync(file, "\n");
    await daemon.tick();
    now += 9_000;
    expect(await daemon.tick()).toEqual([]);
    expect(drop.names()).toEqual(["kit-hello_1.0_all.deb"]);
  });

  test.each([
    ["before it was told", 0],
    ["after it was told, before it was archived", 1],
  ])("a crash %s neither loses a package nor takes it in twice", async (_when, heard) => {
    const drop = aDrop();
    const state = aFolder();
    aPackage(drop.archive.folder, "kit-hello", "1.0", into(drop));
    const first = announcerOf(drop.config, state);
    const telling = packageAnnouncer.every?.tick(await first.context()) as AsyncGenerator<Message>;
    // Whoever takes no more of it than this has died while it was told.
    const told: Message[] = [(await telling.next()).value as Message].slice(0, heard);
    await telling.return(undefined);
    expect(drop.names("archive")).toEqual([]);
    const again = await announcerOf(drop.config, state).tick();
    expect(published(again)).toMatchObject([{ package: "kit-hello", action: "added", version: "1.0" }]);
    if (heard > 0) expect(idsOf(again)).toEqual(idsOf(told));
    expect(drop.names("archive")).toEqual(["kit-hello_1.0_all.deb"]);
    expect(versionsIn(drop)).toEqual(["Version: 1.0"]);
    expect(await announcerOf(drop.config, state).tick()).toEqual([]);
  });

  test("what a crash left claimed, and reprepro never saw, is taken at the next start", async () => {
    const drop = aDrop();
    await announcerOf(drop.config).context();
    const file = aPackage(drop.archive.folder, "kit-hello", "1.0");
    copyFileSync(file, drop.path("kit-hello_1.0_all.deb", ".claimed"));
    expect(published(await announcerOf(drop.config).tick())).toHaveLength(1);
  });

  test("while another one works on the archive nothing is refused; it is taken afterwards", async () => {
    const drop = aDrop();
    drop.archive.publish("kit-other", "1");
    let now = Date.now();
    const daemon = announcerOf(drop.config, undefined, () => new Date(now));
    const lock = join(drop.archive.base, "db", "lockfile");
    writeFileSync(lock, "");
    aPackage(drop.archive.folder, "kit-hello", "1.0", into(drop));
    expect(await daemon.tick()).toEqual([]);
    expect([drop.names("rejected"), drop.names(".claimed")]).toEqual([[], ["kit-hello_1.0_all.deb"]]);
    expect(daemon.logged.at(-1)?.fields).toMatchObject({ code: "APT_LOCKED" });
    for (const passed of [5_000, 10_000]) {
      now += passed;
      expect(await daemon.tick()).toEqual([]);
    }
    now += 20_000;
    expect(said(await daemon.tick())).toEqual([expect.stringContaining("db/lockfile' already exists")]);
    rmSync(lock);
    expect(await daemon.tick()).toEqual([]);
    now += 40_000;
    expect(published(await daemon.tick())).toHaveLength(1);
  });

  test("a version older than what is there is set aside; the same one again is archived, and nothing is said", async () => {
    const drop = aDrop();
    const daemon = announcerOf(drop.config);
    drop.archive.publish("kit-hello", "2.0");
    aPackage(drop.archive.folder, "kit-hello", "1.0", into(drop));
    expect(said(await daemon.tick())).toEqual([expect.stringContaining("already '2.0'")]);
    copyFileSync(join(drop.archive.folder, "kit-hello_2.0_all.deb"), drop.path("kit-hello_2.0_all.deb"));
    expect(await daemon.tick()).toEqual([]);
    copyFileSync(join(drop.archive.folder, "kit-hello_2.0_all.deb"), drop.path("kit-hello_2.0_all.deb"));
    expect(await daemon.tick()).toEqual([]);
    expect(drop.names("archive")).toEqual(["kit-hello_2.0_all.deb", "kit-hello_2.0_all.deb.1"]);
  });

  test("with reprepro's hook installed too, each change is announced once", async () => {
    const drop = aDrop();
    const spool = join(drop.archive.folder, "spool");
    const shipped = (name: string) => join(import.meta.dirname, "../../hooks", `reprepro-${name}`);
    const scripts = { notifier: shipped("notifier"), endhook: shipped("endhook") };
    await installReprepro({ base: drop.archive.base, name: "lab", spool, ...scripts });
    const daemon = announcerOf({ ...drop.config, spool });
    aPackage(drop.archive.folder, "kit-hello", "1.0", into(drop));
    expect(published([...(await daemon.tick()), ...(await daemon.tick())])).toHaveLength(1);
  });
});
