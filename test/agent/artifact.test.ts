import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { basename, join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { dispensable } from "../../agent/releases.ts";
import { livesOf } from "../../agent/state.ts";
import type { Line, Metadata } from "../../lib/artifacts/metadata.ts";
import { storeOn } from "../../lib/artifacts/store.ts";
import { folderObjects } from "../../lib/effects/stores/folder.ts";
import { pointLink } from "../../lib/effects/files.ts";
import { artifactName, artifactVersion, targetName } from "../../lib/schema/artifacts.ts";
import { appName, type ReleaseName, releaseName } from "../../lib/schema/names.ts";
import type { Signer } from "../../lib/security/signer.ts";
import { aSigner } from "../lib/security/builders.ts";
import { aFolder } from "../support/folder.ts";
import { describeNeeding, ROOT } from "../support/needing.ts";
import { aPackedTar, aTar, type Made } from "../support/tar.ts";
import { CASES } from "../support/yodeploy.ts";
import { aHost, type Deployed, type Host, operator } from "./support/host.ts";

const LINE: Line = {
  app: appName.parse("shop"),
  target: targetName.parse("master"),
  artifact: artifactName.parse("shop.tar.gz"),
};

interface Shop {
  readonly host: Host;
  readonly builds: string;
  readonly put: (
    version: string,
    archive: Buffer,
    more?: { metadata?: Metadata; signer?: Signer },
  ) => Promise<string>;
  readonly deploy: (
    version: string,
    digest: string,
    given?: Readonly<Record<string, unknown>>,
  ) => Promise<Deployed>;
  /** What is in the folder of releases, without what is about to be removed. */
  readonly releases: () => readonly string[];
  readonly live: (file: string) => string;
}

async function aShop(artifact: Readonly<Record<string, unknown>> = {}, app = {}): Promise<Shop> {
  const builds = join(aFolder(), "builds");
  mkdirSync(builds);
  const host = await aHost({
    app: { driver: "artifact", artifact: { store: "builds", ...artifact }, ...app },
    settings: { stores: { builds: { folder: builds } } },
  });
  onTestFinished(() => host.close());
  const store = storeOn(folderObjects(builds));
  return {
    host,
    builds,
    put: async (version, archive, more) => {
      const file = join(aFolder(), "file");
      writeFileSync(file, archive);
      return (await store.put(LINE, { file, version: artifactVersion.parse(version), ...more })).sha256;
    },
    deploy: (version, digest, given) =>
      host.deploy(digest as never, {
        release: { type: "artifact", digest, ref: `refs/artifacts/master/${version}` },
        ...given,
      }),
    releases: () => readdirSync(host.layout.releases),
    live: (file) => readFileSync(join(host.layout.current, file), "utf8"),
  };
}

const page = (text: string): Buffer => aPackedTar({ "index.html": text });
const executable = (contents: string): Made => ({ name: "", contents, mode: 0o755 });

test("versions go live one after the other, with their scripts; what is live already is not built again", async () => {
  const { put, deploy, live, host, releases } = await aShop();
  const script = executable('#!/bin/sh\necho "$SKEIN_TAG $SKEIN_REVISION" > told\n');
  const [one, two] = [
    await put("1", aPackedTar({ "index.html": "one", "deploy/pre-link": script })),
    await put("2", page("two")),
  ];
  expect((await deploy("1", one)).finished).toMatchObject({ outcome: "live", revision: one });
  expect([live("index.html"), live("told")]).toEqual(["one", `1 ${one}\n`]);
  expect((await deploy("2", two)).finished?.outcome).toBe("live");
  expect(live("index.html")).toBe("two");
  const before = releases();
  expect((await deploy("2", two)).finished?.outcome).toBe("live");
  expect((await deploy("1", one, { kind: "rollback" })).finished?.outcome).toBe("live");
  expect([live("index.html"), releases()]).toEqual(["one", before]);
  // A release that is there needs no archive any more.
  expect(readdirSync(host.layout.downloads)).toEqual([]);
});

describe("what is not right never gets as far as a release, and what was live stays", () => {
  test("a store that has something else under the name than what was signed", async () => {
    const { put, deploy, releases, live } = await aShop();
    const one = await put("1", page("one"));
    const two = await put("2", page("two"));
    await deploy("1", one);
    const before = releases();
    expect((await deploy("1", two)).finished).toMatchObject({ outcome: "failed", code: "E_DIGEST" });
    expect([releases(), live("index.html")]).toEqual([before, "one"]);
  });

  test("bytes that were changed in the store", async () => {
    const { put, deploy, builds, releases, host } = await aShop();
    const one = await put("1", page("one"));
    writeFileSync(join(builds, "shop/master/shop.tar.gz/1"), page("evil"));
    expect((await deploy("1", one)).finished).toMatchObject({ outcome: "failed", code: "E_DIGEST" });
    expect([releases(), readdirSync(host.layout.downloads)]).toEqual([[], []]);
  });

  test.each([
    ["E_TAR_PATH", aTar({ name: "shop/../../x", contents: "x" })],
    ["E_TAR_ROOTS", aTar({ name: "a/x", contents: "x" }, { name: "b/x", contents: "x" })],
    ["E_TAR_LIMIT", aTar(...Array.from({ length: 12 }, (_none, at) => ({ name: `shop/${at}` })))],
    ["E_TAR_TRUNCATED", page("one").subarray(0, -12)],
  ])("an archive that is refused with %s", async (code, archive) => {
    const { put, deploy, releases } = await aShop({ limits: { members: 10 } });
    const digest = await put("1", archive);
    expect((await deploy("1", digest)).finished).toMatchObject({ outcome: "failed", code });
    expect(releases()).toEqual([]);
    const good = await put("2", page("two"));
    expect((await deploy("2", good)).finished?.outcome).toBe("live");
  });

  test("what must be signed, and is not, or by nobody who is trusted, or for another version", async () => {
    const { put, deploy, builds } = await aShop({ verify: "required" });
    expect((await deploy("1", await put("1", page("1")))).finished?.code).toBe("ARTIFACT_UNSIGNED");
    expect((await deploy("2", await put("2", page("2"), { signer: aSigner() }))).finished?.code).toBe(
      "E_KEY",
    );
    const three = await put("3", page("3"), { signer: operator });
    expect((await deploy("3", three)).finished?.outcome).toBe("live");
    const folder = join(builds, "shop/master/shop.tar.gz");
    for (const [from, to] of [
      ["3", "4"],
      ["3.meta", "4.meta"],
    ] as const)
      writeFileSync(join(folder, to), readFileSync(join(folder, from)));
    expect((await deploy("4", three, { force: true })).finished?.code).toBe("ARTIFACT_INVALID");
  });

  test("a store that is away: the reason says so, and once it is back the same deploy goes", async () => {
    const { put, deploy, builds } = await aShop();
    const one = await put("1", page("one"));
    renameSync(builds, `${builds}-away`);
    const { finished } = await deploy("1", one);
    expect(finished).toMatchObject({ outcome: "failed", code: "STORE_UNREACHABLE" });
    expect(finished?.reason).toContain("is not there");
    renameSync(`${builds}-away`, builds);
    expect((await deploy("1", one)).finished?.outcome).toBe("live");
  });
});

describeNeeding({ [ROOT]: "root" }, "on a disk that is full,", () => {
  test.each([
    ["an archive has no room", 3_000_000, true],
    ["what is in an archive has no room", 6_000_000, false],
  ])("where %s, what is live stays, and the next one goes", async (_what, size, loose) => {
    const { host, put, deploy, live, releases } = await aShop();
    mkdirSync(host.layout.root, { recursive: true });
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=2m", "tmpfs", host.layout.root]);
    try {
      await deploy("1", await put("1", page("one")));
      const before = releases();
      // What cannot be packed is too large as an archive, what can only once it is unpacked.
      const text = loose ? randomBytes(size).toString("latin1") : "x y ".repeat(size / 40) + "x".repeat(size);
      const { finished } = await deploy("2", await put("2", page(text)));
      expect(finished).toMatchObject({ outcome: "failed", code: "DISK_FULL" });
      expect([live("index.html"), releases()]).toEqual(["one", before]);
      const three = await put("3", page("three"));
      expect((await deploy("3", three)).finished?.outcome).toBe("live");
      expect(live("index.html")).toBe("three");
    } finally {
      await host.leave();
      execFileSync("umount", [host.layout.root]);
    }
  });
});

describe("deploys come out as with yodeploy", () => {
  const BETTER: Readonly<Record<string, string>> = {
    "a non-empty leftover versions/unpack/V (crash) makes every later deploy of V fail until removed by hand":
      "what a crash left in the way is removed, and the deploy goes",
    "stale live.new is replaced": "a link that a crash left beside the live one is in nobody's way, and goes",
  };
  const REFUSALS: readonly (readonly [RegExp, string])[] = [
    [/top-level/, "E_TAR_ROOTS"],
    [/compat level/, "ARTIFACT_COMPAT"],
    [/No such object/, "ARTIFACT_UNKNOWN"],
  ];
  const recorded = [...CASES.unpack, ...CASES.swing].map((each) => ({
    ...each,
    title: BETTER[each.name] ?? each.name,
  }));
  test.each(recorded)("$title", async ({ name, artifacts, deploys }) => {
    const { put, deploy, live, host, releases } = await aShop({ compat: [4, 5] });
    const digests = new Map<string, string>();
    for (const [version, { files, meta }] of Object.entries(artifacts)) {
      const archive = aTar(...files.map((file) => ({ name: file, contents: version })));
      digests.set(version, await put(version, archive, { metadata: meta }));
    }
    for (const { deploy: version, result, live: expected } of deploys) {
      const stale = join(host.layout.releases, ".tmp-20200101T000000-0000000", "junk");
      if (BETTER[name] !== undefined) {
        mkdirSync(stale, { recursive: true });
        symlinkSync("releases/zzz", join(host.layout.root, ".current.0123456789ab.tmp"));
      }
      const { finished } = await deploy(version, digests.get(version) ?? "0".repeat(64));
      const code = REFUSALS.find(([said]) => said.test(result))?.[1];
      const wanted = code === undefined ? { outcome: "live" } : { outcome: "failed", code };
      expect(finished).toMatchObject(wanted);
      const now = BETTER[name] === undefined ? expected : version;
      const [file] = now === null ? [] : (artifacts[now]?.files ?? []);
      if (file === undefined) expect(existsSync(host.layout.current)).toBe(false);
      else expect(live(basename(file))).toBe(now);
    }
    // Of what was refused, nothing lies about.
    expect(releases().filter((each) => each.startsWith("."))).toEqual([]);
    expect(readdirSync(host.layout.root).filter((each) => each.endsWith(".tmp"))).toEqual([]);
  });

  const named = (version: string): ReleaseName =>
    releaseName.parse(`2026112${version}T000000-000000${version}`);
  const FAULT =
    "live is older than the highest but newer on disk (e.g. after a rollback): the HIGHEST is deleted too";
  test.each(
    CASES.gc.map((each) => ({
      ...each,
      title: each.name === FAULT ? "after a rollback, the newest stays" : each.name,
    })),
  )("$title", ({ name, versions, live, keep, expected }) => {
    const releases = versions.map((each) => ({
      name: named(each),
      failed: false,
      lastLive: `2026-11-2${each}T00:00:00Z`,
    }));
    // There, as many stay as are the highest; here, as many as go before what is live.
    const spokenFor = new Set(live === null ? [] : [named(live)]);
    const isHighest = live !== null && versions.slice(-keep).includes(live);
    const gone = dispensable(releases, spokenFor, isHighest || live === null ? keep - 1 : keep);
    const kept = versions.filter((each) => !gone.includes(named(each)));
    expect(kept).toEqual(name === FAULT ? ["3", "8", "9"] : expected);
  });

  test("a link that does not lead to a release leads to nothing that is live; one with the whole path does", async () => {
    const { put, deploy, host, releases } = await aShop();
    await deploy("1", await put("1", page("one")));
    const [release = ""] = releases();
    const { root, current } = host.layout;
    // There, what the whole path leads to counts as nothing, and is collected while it is live.
    const BETTER = "/srv/test/versions/7";
    for (const { live_link, expected } of CASES.live_version) {
      const target = live_link
        .replace("releases/7", "elsewhere/7")
        .replace("versions/7", `releases/${release}`)
        .replace("/srv/test", root);
      await pointLink(current, target);
      const [live] = await livesOf(host.layout);
      const wanted = expected === null && live_link !== BETTER ? null : release;
      expect([live_link, live?.release ?? null]).toEqual([live_link, wanted]);
    }
    await pointLink(current, join(aFolder(), "releases", release));
    expect(await livesOf(host.layout)).toEqual([]);
  });
});
