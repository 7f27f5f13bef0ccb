import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, onTestFinished, test } from "vitest";
import { packageAnnouncer } from "../../../daemons/package-announcer.ts";
import { differences, readPackages } from "../../../daemons/package-announcer/packages.ts";
import { readRelease, withoutArmour } from "../../../daemons/package-announcer/release.ts";
import { verifyClearSigned } from "../../../lib/effects/gpgv.ts";
import { unpack } from "../../../lib/effects/unpack.ts";
import type { Message } from "../../../lib/messages/catalogue.ts";
import { aPackage, anArchive, aSigningKey, type TestArchive } from "../../support/archive.ts";
import { aFileServer } from "../../support/file-server.ts";
import { aFolder } from "../../support/folder.ts";
import { dataOf, given } from "../../support/given.ts";
import { describeNeeding } from "../../support/needing.ts";

const changes = (messages: readonly Message[]) =>
  dataOf("package.published", messages).map(({ package: name, action, version, previous }) =>
    [name, action, version, ...(previous === undefined ? [] : [previous])].join(" "),
  );
const said = (messages: readonly Message[]) => dataOf("event.said", messages).map(({ text }) => text);

/** The daemon, looking at one archive; each look is an hour after the last. */
function lookingAt(archive: Readonly<Record<string, unknown>>, state = aFolder()) {
  let now = Date.now();
  const daemon = given(packageAnnouncer, {
    config: { poll: "1ms", archives: { lab: { suite: "bookworm", ...archive } } },
    settings: { state },
    now: () => new Date(now),
  });
  onTestFinished(async () => packageAnnouncer.dispose?.((await daemon.context()).deps));
  return {
    daemon,
    look: async () => {
      now += 3_600_000;
      return daemon.tick();
    },
  };
}

const releaseOf = ({ base }: TestArchive) => join(base, "dists/bookworm/InRelease");
const textOf = (release: string) => withoutArmour(release);

describeNeeding(
  { reprepro: "reprepro", "dpkg-deb": "dpkg", gpg: "gnupg", gpgv: "gpgv", xz: "xz-utils" },
  "an archive that is looked at from outside",
  () => {
    test("the first look takes everything as known; what changes afterwards is told, also after a restart", async () => {
      const archive = anArchive({ signed: true });
      const server = await aFileServer(archive.base);
      const state = aFolder();
      const config = { url: server.url, keyring: archive.key?.keyring };
      archive.publish("kit-hello", "1.0");
      archive.publish("kit-old", "1.0");
      const first = lookingAt(config, state);
      expect(await first.look()).toEqual([]);
      expect(await first.look()).toEqual([]);
      expect(server.asked.filter((each) => each.includes("InRelease"))).toEqual([
        "/dists/bookworm/InRelease 200",
        "/dists/bookworm/InRelease 304",
      ]);
      archive.publish("kit-hello", "1.1");
      archive.publish("kit-new", "3.0~rc1");
      archive.reprepro("remove", "bookworm", "kit-old");
      const messages = await lookingAt(config, state).look();
      expect(changes(messages)).toEqual([
        "kit-hello replaced 1.1 1.0",
        "kit-new added 3.0~rc1",
        "kit-old removed 1.0",
      ]);
      expect(dataOf("package.published", messages)[0]).toMatchObject({
        repository: "lab",
        suite: "bookworm",
        component: "main",
        architecture: "amd64",
        at: readRelease(textOf(readFileSync(releaseOf(archive), "utf8"))).date.toISOString(),
      });
    });

    test("an archive of this machine is seen to change at once", async () => {
      const archive = anArchive();
      archive.publish("kit-hello", "1.0");
      const { daemon } = lookingAt({ url: `file://${archive.base}`, interval: "30d" });
      await daemon.tick();
      archive.publish("kit-hello", "1.1");
      expect(changes(await daemon.tick())).toEqual(["kit-hello replaced 1.1 1.0"]);
      expect(daemon.logged).toMatchObject([
        { level: "warn", text: expect.stringContaining("lab says is announced unverified") as string },
      ]);
    });

    test("what is not signed rightly is no news, and people are told once", async () => {
      const archive = anArchive({ signed: true });
      archive.publish("kit-hello", "1.0");
      const { look } = lookingAt({ url: `file://${archive.base}`, keyring: archive.key?.keyring });
      await look();
      archive.publish("kit-hello", "1.1");
      const good = readFileSync(releaseOf(archive), "utf8");
      const refusals: string[] = [];
      for (const bad of [
        good.replace(/^Codename:.*$/m, "Codename: evil"),
        aSigningKey().sign(textOf(good)),
        textOf(good),
        // The first text is of another key, the second one is right.
        aSigningKey().sign(textOf(good).replace("amd64", "arm64")) + good,
      ]) {
        writeFileSync(releaseOf(archive), bad);
        const messages = await look();
        expect(changes(messages)).toEqual([]);
        refusals.push(...said(messages));
      }
      expect(refusals).toEqual([expect.stringContaining("BADSIG")]);
      writeFileSync(releaseOf(archive), good);
      const messages = await look();
      expect(changes(messages)).toEqual(["kit-hello replaced 1.1 1.0"]);
      expect(said(messages)).toEqual([expect.stringContaining("can be read again")]);
    });

    test("only what a signature covers counts", async () => {
      const key = aSigningKey();
      const signed = key.sign("Date: today\n");
      expect(
        await verifyClearSigned(Buffer.from(`Codename: evil\n${signed}Codename: evil\n`), key.keyring),
      ).toBe("Date: today\n");
      await expect(verifyClearSigned(Buffer.from(""), key.keyring)).rejects.toMatchObject({
        code: "ARCHIVE_SIGNATURE",
      });
      await expect(verifyClearSigned(Buffer.from(signed), "/nonexistent")).rejects.toMatchObject({
        code: "ARCHIVE_SIGNATURE",
      });
    });

    test("a state that has expired, or is older than what was seen, is no news", async () => {
      const archive = anArchive({ signed: true });
      archive.publish("kit-hello", "1.0");
      const { look } = lookingAt({ url: `file://${archive.base}`, keyring: archive.key?.keyring });
      await look();
      const good = textOf(readFileSync(releaseOf(archive), "utf8"));
      const sign = (text: string) => writeFileSync(releaseOf(archive), archive.key?.sign(text) ?? "");
      sign(good.replace(/^(Date: .*)$/m, "$1\nValid-Until: Sun, 22 Nov 2020 10:00:00 UTC"));
      expect(said(await look())).toEqual([expect.stringContaining("was valid until 2020-11-22")]);
      sign(good);
      await look();
      sign(good.replace(/^Date: .*$/m, "Date: Sun, 22 Nov 2020 10:00:00 UTC"));
      expect(said(await look())).toEqual([expect.stringContaining("has shown that of")]);
    });

    test.each([
      ["is down", 500, {}, "answers 500"],
      ["has moved", 301, { location: "http://169.254.169.254/" }, "name that address"],
      ["does not have it", 404, {}, "there is no dists/bookworm/InRelease"],
    ])(
      "a server that %s is told of once it was asked in vain twice",
      async (_what, status, headers, says) => {
        const server = await aFileServer(aFolder());
        server.spoil("/", status, headers);
        const { look } = lookingAt({ url: server.url });
        expect(await look()).toEqual([]);
        expect(said(await look())).toEqual([expect.stringContaining(says)]);
        expect(await look()).toEqual([]);
      },
    );

    test("a mirror in the middle of its update is looked at again, and nothing is lost", async () => {
      const archive = anArchive();
      const server = await aFileServer(archive.base);
      archive.publish("kit-hello", "1.0");
      const { look } = lookingAt({ url: server.url });
      await look();
      const packages = join(archive.base, "dists/bookworm/main/binary-amd64/Packages.gz");
      const older = readFileSync(packages);
      archive.publish("kit-hello", "1.1");
      const newer = readFileSync(packages);
      writeFileSync(packages, older);
      expect(await look()).toEqual([]);
      writeFileSync(packages, newer);
      expect(changes(await look())).toEqual(["kit-hello replaced 1.1 1.0"]);
    });

    test("while a slow archive is waited for, what is in the spool is announced", async () => {
      const slow = anArchive();
      const { daemon } = lookingAt({ url: `file://${slow.base}` });
      const { deps, ...context } = await daemon.context();
      const never = { name: "slow", hurry: () => undefined, look: () => forever() };
      let release: () => void = () => undefined;
      const released = new Promise<void>((resolve) => (release = resolve));
      // oxlint-disable-next-line require-yield
      async function* forever(): AsyncGenerator<never> {
        await released;
      }
      const spool = join(context.settings.state, "spool/packages");
      writeFileSync(join(spool, "packages-1"), 'package {"package":"kit-hello","action":"added"}\nend\n');
      const telling = packageAnnouncer.every?.tick({
        ...context,
        deps: { ...deps, polls: [never as never] },
      }) as AsyncGenerator<Message>;
      expect((await telling.next()).value).toMatchObject({ type: "package.published" });
      const rest = telling.next();
      release();
      expect(await rest).toMatchObject({ done: true });
    });
  },
);

describeNeeding({ aptly: "aptly", "dpkg-deb": "dpkg" }, "an archive that aptly publishes", () => {
  test("what is published is told, by the digests of the lists", async () => {
    const folder = aFolder();
    const config = join(folder, "aptly.conf");
    writeFileSync(config, JSON.stringify({ rootDir: join(folder, "aptly"), architectures: ["amd64"] }));
    const aptly = (...words: string[]) => {
      const { status, stderr, stdout } = spawnSync("aptly", [`-config=${config}`, ...words], {
        encoding: "utf8",
      });
      if (status !== 0) throw new Error(`${stdout}${stderr}`);
    };
    const server = await aFileServer(join(folder, "aptly", "public"));
    aptly("repo", "create", "lab");
    aptly("repo", "add", "lab", aPackage(folder, "kit-hello", "1.0"));
    const how = ["-skip-signing", "-acquire-by-hash"];
    aptly("publish", "repo", ...how, "-distribution=bookworm", "lab");
    const { look } = lookingAt({ url: server.url });
    expect(await look()).toEqual([]);
    aptly("repo", "add", "lab", aPackage(folder, "kit-world", "2.0"));
    aptly("publish", "update", "-skip-signing", "bookworm");
    expect(changes(await look())).toEqual(["kit-world added 2.0"]);
    expect(server.asked.filter((each) => each.includes("/by-hash/SHA256/"))).toHaveLength(2);
  });
});

test("lists of packages: the newest of several versions counts, and what is hostile is left out", () => {
  const text =
    "Package: kit-a\nVersion: 1.9\n\nPackage: kit-a\nVersion: 1.10\n\nPackage: ../x\nVersion: 1\n\nVersion: 3\nPackage: kit-b\n\n\nPackage: __proto__\nVersion: 1\n\nPackage: constructor\nVersion: 1\n";
  expect(readPackages(text)).toEqual({ "kit-a": "1.10", "kit-b": "3", constructor: "1" });
  expect(differences({}, readPackages(text)).map(({ package: name }) => name)).toEqual([
    "constructor",
    "kit-a",
    "kit-b",
  ]);
});

test("applying the differences of two lists to one gives the other", () => {
  const versions = fc.dictionary(fc.constantFrom("aa", "bb", "cc", "dd"), fc.constantFrom("1", "2", "3"));
  fc.assert(
    fc.property(versions, versions, (before, after) => {
      const applied = new Map<string, string>(Object.entries(before));
      for (const { package: name, action, version, previous } of differences(before, after)) {
        expect(previous ?? (action === "removed" ? version : undefined)).toBe(applied.get(name));
        if (action === "removed") applied.delete(name);
        else applied.set(name, version);
      }
      expect(Object.fromEntries(applied)).toEqual({ ...after });
    }),
  );
});

test("what unpacks to more than it may is not unpacked", async () => {
  const { gzipSync } = await import("node:zlib");
  const bomb = gzipSync(Buffer.alloc(1_000_000));
  await expect(unpack(bomb, ".gz", 1_000)).rejects.toMatchObject({ code: "ARCHIVE_UNREACHABLE" });
  await expect(unpack(Buffer.from("no"), ".gz", 1_000)).rejects.toMatchObject({
    code: "ARCHIVE_UNREACHABLE",
  });
  expect(await unpack(gzipSync("yes"), ".gz", 3)).toEqual(Buffer.from("yes"));
});

describeNeeding({ xz: "xz-utils" }, "lists packed with xz", () => {
  test("are unpacked, within bounds", async () => {
    const { stdout } = spawnSync("xz", ["--stdout"], { input: Buffer.alloc(100_000) });
    expect((await unpack(stdout, ".xz", 100_000)).length).toBe(100_000);
    await expect(unpack(stdout, ".xz", 99_999)).rejects.toMatchObject({ code: "ARCHIVE_UNREACHABLE" });
  });
});

test.each([
  ["no date", "SHA256:\n " + "0".repeat(64) + " 1 x\n"],
  ["no files", "Date: Wed, 25 Nov 2026 02:01:05 UTC\n"],
  ["nothing", ""],
  ["a page to log in", "<html>Date: now</html>"],
])("what says %s is no release", (_what, text) => {
  expect(() => readRelease(text)).toThrow("Cannot read InRelease");
});
