import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type AddressInfo, createServer, type Server } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { aptWatcher } from "../../daemons/apt-watcher.ts";
import type { Data, Message } from "../../lib/messages/catalogue.ts";
import { parseData } from "../../lib/messages/envelope.ts";
import { anArchive, type TestArchive } from "../support/archive.ts";
import { anAptRoot, type AptRoot } from "../support/apt-root.ts";
import { dataOf, given } from "../support/given.ts";
import { describeNeeding } from "../support/needing.ts";
import { freePort } from "../support/free-port.ts";

const reports = (messages: readonly Message[]) => dataOf("package.upgradable", messages);

/** An announcement, as a package-announcer makes it. */
const announced = (name: string, version?: string, more: Partial<Data<"package.published">> = {}) =>
  parseData("package.published", {
    repository: "lab",
    suite: "bookworm",
    package: name,
    ...(version === undefined ? {} : { version }),
    action: "added",
    at: "2026-11-25T00:00:00Z",
    ...more,
  });

interface Lab {
  readonly archive: TestArchive;
  readonly root: AptRoot;
  readonly file: string;
  readonly watcher: (more?: Readonly<Record<string, unknown>>) => Watcher;
  /** How often apt-get was called, with which words. */
  readonly calls: () => readonly string[];
}
interface Watcher {
  readonly hear: (...announcements: Data<"package.published">[]) => Promise<void>;
  /** Lets time pass, and looks. */
  readonly after: (milliseconds: number) => Promise<Message[]>;
  readonly daemon: ReturnType<typeof given<never, never>>;
}

/** An archive, and a host that has it as a source, with two packages of it installed. */
function aLab({ signed = false } = {}): Lab {
  const archive = anArchive({ signed });
  const root = anAptRoot();
  const file = root.source("lab", `file:${archive.base}`, { keyring: archive.key?.keyring });
  archive.reprepro("export");
  root.install("kit-hello", "1.0");
  root.install("kit-other", "1.0");
  const log = join(root.folder, "calls");
  // What stands before apt-get where it needs root; here it writes down how it was called.
  const asRoot = join(root.folder, "as-root");
  writeFileSync(asRoot, `#!/bin/sh\necho "$*" >>'${log}'\nexec "$@"\n`);
  chmodSync(asRoot, 0o755);
  const calls = () => {
    try {
      return readFileSync(log, "utf8").trim().split("\n");
    } catch {
      return [];
    }
  };
  return {
    archive,
    root,
    file,
    calls,
    watcher: (more = {}) => {
      let now = new Date("2026-11-25T12:00:00").getTime();
      const daemon = given(aptWatcher, {
        config: {
          sources: { lab: { file } },
          packages: ["kit-*"],
          "apt-config": root.config,
          privilege: [asRoot],
          splay: "1ms",
          interval: "30d",
          ...more,
        },
        now: () => new Date(now),
      });
      return {
        daemon: daemon as never,
        hear: async (...announcements) => {
          for (const each of announcements) await daemon.when("package.published", each);
        },
        after: async (milliseconds) => {
          now += milliseconds;
          return daemon.tick();
        },
      };
    },
  };
}

/** A watcher that has looked around once already. */
async function watching(lab: Lab, more: Readonly<Record<string, unknown>> = {}): Promise<Watcher> {
  const watcher = lab.watcher(more);
  await watcher.after(1);
  rmSync(join(lab.root.folder, "calls"), { force: true });
  return watcher;
}

/** Has a server listen on a port of loopback until the test ends. */
async function listenOn(server: Server): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  server.on("connection", (socket) => onTestFinished(() => void socket.destroy()));
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

const NEEDED = { "apt-get": "apt", "dpkg-query": "dpkg", reprepro: "reprepro", gpg: "gnupg" };

describeNeeding(NEEDED, "the apt-watcher, on a real apt with a root of its own", () => {
  test("what is announced and installed is refreshed, and told of", async () => {
    const lab = aLab();
    const watcher = await watching(lab);
    lab.archive.publish("kit-hello", "1.1");
    await watcher.hear(announced("kit-hello", "1.1"));
    expect(await watcher.after(1_000)).toEqual([]);
    expect(reports(await watcher.after(1_000 + 10_000))).toEqual([
      {
        host: "web1",
        source: "lab",
        packages: [{ package: "kit-hello", installed: "1.0", candidate: "1.1" }],
        at: expect.any(String) as string,
      },
    ]);
    expect(lab.calls()).toEqual([
      `apt-get update -o Dir::Etc::sourcelist=${lab.file} -o Dir::Etc::sourceparts=- -o APT::Get::List-Cleanup=0 -o APT::Update::Error-Mode=any -o Acquire::http::Timeout=20 -o Acquire::Retries=2`,
    ]);
    expect(lab.root.versionOf("kit-hello")).toBe("1.0");
  });

  test("a burst of announcements is one refresh", async () => {
    const lab = aLab();
    const watcher = await watching(lab);
    lab.archive.publish("kit-hello", "1.1");
    lab.archive.publish("kit-other", "1.1");
    for (let count = 0; count < 100; count += 1)
      await watcher.hear(announced("kit-hello", "1.1"), announced("kit-other", "1.1"));
    const told = reports(await watcher.after(20_000));
    expect(told).toMatchObject([{ packages: [{ package: "kit-hello" }, { package: "kit-other" }] }]);
    expect(lab.calls()).toHaveLength(1);
    expect(await watcher.after(20_000)).toEqual([]);
  });

  test.each([
    ["is not installed", announced("kit-never", "1.0")],
    ["is not watched", announced("lib-hello", "1.0")],
    ["is of another archive", announced("kit-hello", "1.1", { repository: "other" as never })],
  ])("what %s is not refreshed for", async (_what, published) => {
    const lab = aLab();
    const watcher = await watching(lab);
    await watcher.hear(published);
    expect(await watcher.after(60_000)).toEqual([]);
    expect(lab.calls()).toEqual([]);
  });

  test("the lists of other sources stay as they are", async () => {
    const lab = aLab();
    const other = anArchive();
    other.publish("kit-far", "1.0");
    lab.archive.publish("kit-hello", "1.0");
    lab.root.source("other", `file:${other.base}`);
    lab.root.run("apt-get", "update");
    const lists = () => readdirSync(join(lab.root.folder, "var/lib/apt/lists")).sort();
    const before = lists();
    rmSync(other.base, { recursive: true });
    const watcher = await watching(lab);
    lab.archive.publish("kit-hello", "1.1");
    await watcher.hear(announced("kit-hello", "1.1"));
    expect(reports(await watcher.after(20_000))).toMatchObject([{ packages: [{ candidate: "1.1" }] }]);
    expect(lists()).toEqual(before);
  });

  test("what cannot be seen yet is looked for again, later each time, and then told of", async () => {
    const lab = aLab();
    const watcher = await watching(lab, { retry: "20s", retries: 2 });
    await watcher.hear(announced("kit-hello", "1.1"));
    expect(await watcher.after(12_000)).toEqual([]);
    expect(await watcher.after(9_000)).toEqual([]);
    expect(lab.calls()).toHaveLength(1);
    expect(await watcher.after(21_000)).toEqual([]);
    expect(lab.calls()).toHaveLength(2);
    expect(reports(await watcher.after(60_000))).toMatchObject([
      {
        source: "lab",
        packages: [],
        notVisible: [{ package: "kit-hello", version: "1.1" }],
        code: "PACKAGE_NOT_VISIBLE",
      },
    ]);
    expect(lab.calls()).toHaveLength(3);
    expect(await watcher.after(600_000)).toEqual([]);
  });

  test("what a mirror shows late is found at the second look", async () => {
    const lab = aLab();
    const watcher = await watching(lab, { retry: "20s" });
    await watcher.hear(announced("kit-hello", "1.1"));
    await watcher.after(12_000);
    lab.archive.publish("kit-hello", "1.1");
    expect(reports(await watcher.after(30_000))).toMatchObject([{ packages: [{ candidate: "1.1" }] }]);
  });

  test("a server that is down is told of, with its code", async () => {
    const port = await freePort();
    const lab = aLab();
    const watcher = await watching(lab, { retries: 0 });
    lab.root.source("lab", `http://127.0.0.1:${port}`, { keyring: lab.archive.key?.keyring });
    await watcher.hear(announced("kit-hello", "1.1"));
    expect(reports(await watcher.after(20_000))).toMatchObject([
      {
        code: "ARCHIVE_UNREACHABLE",
        reason: expect.stringContaining("Connection refused") as string,
        packages: [],
      },
    ]);
  });

  test("a wrong signature, an unknown key and an archive that has expired are each told of at once", async () => {
    const lab = aLab({ signed: true });
    const watcher = await watching(lab);
    const release = join(lab.archive.base, "dists/bookworm/InRelease");
    const good = readFileSync(release, "utf8");
    const look = async () => {
      await watcher.hear(announced("kit-hello", "1.1"));
      return reports(await watcher.after(20_000));
    };
    writeFileSync(release, good.replace(/^Codename: bookworm/m, "Codename: bookworm\nOrigin: Eve"));
    expect(await look()).toMatchObject([
      { code: "ARCHIVE_SIGNATURE", reason: expect.stringContaining("BADSIG") as string },
    ]);
    lab.root.source("lab", `file:${lab.archive.base}`, { keyring: anArchive({ signed: true }).key?.keyring });
    writeFileSync(release, good);
    expect(await look()).toMatchObject([
      { code: "ARCHIVE_SIGNATURE", reason: expect.stringContaining("NO_PUBKEY") as string },
    ]);
    lab.root.source("lab", `file:${lab.archive.base}`, { keyring: lab.archive.key?.keyring });
    const text = /\n\n([\s\S]*?)-----BEGIN PGP SIGNATURE/.exec(good)?.[1] ?? "";
    writeFileSync(
      release,
      lab.archive.key?.sign(text.replace(/^(Date:.*)$/m, "$1\nValid-Until: Sun, 22 Nov 2020 10:00:00 UTC")) ??
        "",
    );
    expect(await look()).toMatchObject([
      { code: "ARCHIVE_EXPIRED", reason: expect.stringContaining("is expired") as string },
    ]);
  });

  test("while another apt works, the refresh is tried again", async () => {
    const lab = aLab();
    const watcher = await watching(lab);
    lab.archive.publish("kit-hello", "1.1");
    // It waits for a server that never answers, and holds the lock all the while.
    const silent = createServer();
    const [asked, port] = [once(silent, "connection"), await listenOn(silent)];
    const slow = lab.root.source("slow", `http://127.0.0.1:${port}`);
    const words = ["update", "-o", `Dir::Etc::sourcelist=${slow}`, "-o", "Dir::Etc::sourceparts=-"];
    const other = spawn("apt-get", words, { env: lab.root.env, stdio: "ignore" });
    const gone = once(other, "exit");
    onTestFinished(() => void other.kill("SIGKILL"));
    await asked;
    await watcher.hear(announced("kit-hello", "1.1"));
    expect(await watcher.after(20_000)).toEqual([]);
    other.kill("SIGKILL");
    await gone;
    expect(reports(await watcher.after(60_000))).toMatchObject([{ packages: [{ candidate: "1.1" }] }]);
  });

  test("a file of sources that is not there is no success", async () => {
    const lab = aLab();
    const watcher = await watching(lab);
    rmSync(lab.file);
    await watcher.hear(announced("kit-hello", "1.1"));
    expect(reports(await watcher.after(20_000))).toMatchObject([
      { code: "APT_MISSING", reason: expect.stringContaining("lab.sources") as string },
    ]);
  });

  test("what may be upgraded is; a package that is only watched is not", async () => {
    const lab = aLab();
    const watcher = await watching(lab, { install: ["kit-hello"] });
    lab.archive.publish("kit-hello", "1.1");
    lab.archive.publish("kit-other", "1.1");
    await watcher.hear(announced("kit-hello", "1.1"), announced("kit-other", "1.1"));
    const [found, done] = reports(await watcher.after(20_000));
    expect(found?.packages.map(({ package: name }) => name)).toEqual(["kit-hello", "kit-other"]);
    expect(done).toMatchObject({
      upgraded: [{ package: "kit-hello", from: "1.0", to: "1.1" }],
      packages: [{ package: "kit-other" }],
    });
    expect([lab.root.versionOf("kit-hello"), lab.root.versionOf("kit-other")]).toEqual(["1.1", "1.0"]);
    expect(lab.calls().at(-1)).toBe(
      "apt-get -y -o DPkg::Lock::Timeout=120 -o DPkg::Options::=--force-confold --only-upgrade --no-remove install -- kit-hello=1.1",
    );
  });

  test("an upgrade that fails is told of, with the reason", async () => {
    const lab = aLab();
    const watcher = await watching(lab, { install: ["*"] });
    lab.archive.publish("kit-hello", "1.1", {
      control: "Section: misc\nPriority: optional\nDepends: kit-nowhere\n",
    });
    lab.archive.publish("kit-other", "1.1");
    await watcher.hear(announced("kit-hello", "1.1"), announced("kit-other", "1.1"));
    expect(reports(await watcher.after(20_000))[1]).toMatchObject({
      code: "APT_FAILED",
      reason: expect.stringContaining("kit-hello") as string,
      upgraded: [{ package: "kit-other" }],
      packages: [{ package: "kit-hello" }],
    });
  });

  test("what is held or pinned is told of with the reason, and never upgraded", async () => {
    const lab = aLab();
    const watcher = await watching(lab, { install: ["*"] });
    lab.root.run("apt-mark", "hold", "kit-hello");
    lab.root.pin("Package: kit-other\nPin: version 2.0\nPin-Priority: -1\n");
    lab.archive.publish("kit-hello", "2.0");
    lab.archive.publish("kit-other", "2.0");
    await watcher.hear(announced("kit-hello", "2.0"), announced("kit-other", "2.0"));
    expect(reports(await watcher.after(20_000))).toMatchObject([
      {
        packages: [
          { package: "kit-hello", installed: "1.0", candidate: "2.0", reason: "held" },
          {
            package: "kit-other",
            candidate: "2.0",
            reason: "pinned: apt prefers 1.0, for 2.0 has priority -1",
          },
        ],
      },
    ]);
    expect(lab.root.versionOf("kit-hello")).toBe("1.0");
    expect(lab.calls()).toHaveLength(1);
  });

  test("outside its window an upgrade waits, and is made once the window opens", async () => {
    const lab = aLab();
    const watcher = await watching(lab, { install: ["*"], window: "22:00-04:00" });
    lab.archive.publish("kit-hello", "1.1");
    await watcher.hear(announced("kit-hello", "1.1"));
    expect(reports(await watcher.after(20_000))).toHaveLength(1);
    expect(await watcher.after(3_600_000)).toEqual([]);
    expect(lab.root.versionOf("kit-hello")).toBe("1.0");
    expect(reports(await watcher.after(10 * 3_600_000))).toMatchObject([{ upgraded: [{ to: "1.1" }] }]);
    expect(lab.root.versionOf("kit-hello")).toBe("1.1");
  });

  test("without an announcement it looks around now and then, and says what is new once", async () => {
    const lab = aLab();
    const watcher = await watching(lab, { interval: "1h" });
    lab.archive.publish("kit-hello", "1.1");
    expect(await watcher.after(60_000)).toEqual([]);
    expect(reports(await watcher.after(3_600_000))).toMatchObject([{ packages: [{ candidate: "1.1" }] }]);
    expect(await watcher.after(3_700_000)).toEqual([]);
    expect(lab.calls()).toHaveLength(2);
  });

  test("at the start it tells what could be upgraded by what is known, and refreshes nothing", async () => {
    const lab = aLab();
    lab.archive.publish("kit-hello", "1.1");
    lab.root.run("apt-get", "update");
    const watcher = lab.watcher({ splay: "30m" });
    expect(reports(await (watcher.daemon as ReturnType<typeof given>).reconcile())).toMatchObject([
      { packages: [{ package: "kit-hello", candidate: "1.1" }] },
    ]);
    expect(await (watcher.daemon as ReturnType<typeof given>).reconcile()).toEqual([]);
    expect(lab.calls()).toEqual([]);
  });
});

test("a host without apt says so once, and goes on", async () => {
  const daemon = given(aptWatcher, {
    config: { sources: { lab: { file: "/etc/apt/sources.list.d/lab.sources" } }, packages: ["*"] },
    deps: {
      ...(await given(aptWatcher, { config: {} }).context()).deps,
      apt: undefined,
      missing: "this host has no apt",
    },
  });
  expect(reports(await daemon.reconcile())).toMatchObject([
    { code: "APT_MISSING", reason: "this host has no apt", packages: [] },
  ]);
  await daemon.when("package.published", announced("kit-hello", "1.1"));
  expect(await daemon.tick()).toEqual([]);
});

test.each(["foo;rm", "-o=APT::Update::Post-Invoke::=id", "../x.deb", "x", "Kit", "kit hello", "kit/1", ""])(
  "a package called %j is refused before anybody hears of it",
  (name) => {
    expect(() => announced(name)).toThrow("the name of a Debian package");
  },
);

test.each([
  [{ packages: ["foo;rm"] }, "must be the name of a package"],
  [{ packages: ["-o=APT::x"] }, "must be the name of a package"],
  [{ sources: { lab: { file: "/etc/apt/../x.list" } } }, "must be the path of a file of sources"],
  [{ sources: { lab: { file: "lab.list" } } }, "must be the path of a file of sources"],
  [{ window: "25:00-26:00" }, "must be a time of day"],
])("a configuration of %j is refused", (config, says) => {
  expect(() => aptWatcher.config.parse(config)).toThrow(says);
});
