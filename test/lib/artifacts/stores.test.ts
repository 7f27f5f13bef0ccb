import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { text } from "node:stream/consumers";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Line } from "../../../lib/artifacts/metadata.ts";
import { storeOn } from "../../../lib/artifacts/store.ts";
import { digestOf, digestOfFile } from "../../../lib/effects/digest.ts";
import { folderObjects } from "../../../lib/effects/stores/folder.ts";
import type { Objects } from "../../../lib/effects/stores/objects.ts";
import { receive } from "../../../lib/effects/stores/receive.ts";
import { addressIn, s3Objects } from "../../../lib/effects/stores/s3.ts";
import { webObjects } from "../../../lib/effects/stores/web.ts";
import { artifactName, artifactVersion, targetName } from "../../../lib/schema/artifacts.ts";
import { appName } from "../../../lib/schema/names.ts";
import { Secret } from "../../../lib/schema/secret.ts";
import { aFileServer } from "../../support/file-server.ts";
import { aFolder } from "../../support/folder.ts";
import { describeNeeding } from "../../support/needing.ts";
import { type S3Server, startS3 } from "../../support/s3-server.ts";

const v = (version: string) => artifactVersion.parse(version);
const lineOf = (app: string): Line => ({
  app: appName.parse(app),
  target: targetName.parse("master"),
  artifact: artifactName.parse("shop.tar.gz"),
});

function aFile(contents: string): string {
  const file = join(aFolder(), "file");
  writeFileSync(file, contents);
  return file;
}

/** What every store that can be written to does. `app`: nothing of it may be there yet. */
function aStore(open: () => Objects, app: string): void {
  const line = lineOf(app);

  test("what was put is found, listed, read from any byte on, and deleted", async () => {
    const store = storeOn(open());
    for (const version of ["1", "2", "10", "1.1", "3"])
      await store.put(line, {
        file: aFile(`contents ${version}`),
        version: v(version),
        metadata: { version },
      });
    expect(await store.versions(line)).toEqual(["1", "1.1", "2", "3", "10"]);
    expect([await store.latest(line), await store.targets(line.app)]).toEqual(["3", ["master"]]);
    expect(await store.apps()).toContain(line.app);
    expect(await store.describe(line, v("10"))).toMatchObject({ size: 11, metadata: { version: "10" } });
    const rest = await store.open(line, v("10"), 9);
    expect([rest.size, rest.from, await text(rest.bytes)]).toEqual([11, 9, "10"]);
    expect(await store.gc(line, 2)).toEqual(["1", "1.1", "2"]);
    await store.delete(line, v("3"));
    expect([await store.versions(line), await store.latest(line)]).toEqual([["10"], "10"]);
    await expect(store.open(line, v("3"))).rejects.toMatchObject({ code: "ARTIFACT_UNKNOWN" });
  });

  test("a version never changes; the same again does no harm", async () => {
    const store = storeOn(open());
    const file = aFile("one");
    await store.put(line, { file, version: v("7") });
    await store.put(line, { file, version: v("7") });
    const other = store.put(line, { file: aFile("two"), version: v("7") });
    await expect(other).rejects.toMatchObject({ code: "ARTIFACT_THERE" });
    expect(await text((await store.open(line, v("7"))).bytes)).toBe("one");
  });

  test("what was killed before all was said of a version is completed by the same put again", async () => {
    const [objects, file] = [open(), aFile("one")];
    const digest = await digestOfFile(file);
    await objects.add(`${line.app}/master/new.tar.gz/1`, { path: file, ...digest });
    const [store, begun] = [storeOn(objects), { ...line, artifact: artifactName.parse("new.tar.gz") }];
    await expect(store.latest(begun)).rejects.toMatchObject({ code: "ARTIFACT_UNKNOWN" });
    await store.put(begun, { file, version: v("1"), metadata: { by: "ci" } });
    expect(await store.describe(begun, await store.latest(begun))).toMatchObject({ metadata: { by: "ci" } });
  });

  test("a download goes on where it was cut off, also after one of something else", async () => {
    const store = storeOn(open());
    const contents = "x".repeat(100_000);
    const { sha256 } = await store.put(line, { file: aFile(contents), version: v("8") });
    const wanted = { what: "it", sha256, most: 1_000_000 };
    for (const begun of [contents.slice(0, 60_000), "something else", contents]) {
      const path = join(aFolder(), "got");
      writeFileSync(`${path}.part`, begun);
      await receive((from) => store.open(line, v("8"), from), path, wanted);
      expect([statSync(path).size, readFileSync(path, "utf8") === contents]).toEqual([100_000, true]);
    }
    const less = receive((from) => store.open(line, v("8"), from), join(aFolder(), "got"), {
      ...wanted,
      most: 99_999,
    });
    await expect(less).rejects.toMatchObject({ code: "E_TAR_LIMIT" });
  });
}

describe("in a folder", () => {
  let folder = "";
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "skein-store-"));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  aStore(() => folderObjects(folder), "shop");

  test("two who put one version at once: one of them has it", async () => {
    const store = storeOn(folderObjects(folder));
    const puts = ["a", "b", "c", "d"].map((each) =>
      store.put(lineOf("race"), { file: aFile(each), version: v("1") }),
    );
    const ended = await Promise.allSettled(puts);
    expect(ended.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    const { sha256 } = await store.describe(lineOf("race"), v("1"));
    expect((await digestOf((await store.open(lineOf("race"), v("1"))).bytes)).sha256).toBe(sha256);
  });
});

const BOTOCORE = { "/usr/lib/python3/dist-packages/botocore/auth.py": "python3-botocore" };

describeNeeding(BOTOCORE, "in a bucket, every signature checked by botocore", () => {
  let server: S3Server;
  beforeAll(async () => {
    server = await startS3();
  });
  afterAll(() => server.end());
  aStore(() => s3Objects(server.bucket), "shop");
  aStore(() => s3Objects({ ...server.bucket, encryption: "AES256" }), "secret-shop");

  test.each([
    ["STORE_REFUSED", "SignatureDoesNotMatch", { secretKey: new Secret("wrong") }],
    ["STORE_REFUSED", "InvalidAccessKeyId", { accessKey: new Secret("wrong") }],
    ["STORE_REFUSED", "eu-west-1", { region: "us-east-1" }],
    ["STORE_REFUSED", "NoSuchBucket", { bucket: "nowhere" }],
    ["STORE_REFUSED", "301, a redirect", { bucket: "moved" }],
    ["STORE_UNREACHABLE", "503: SlowDown", { bucket: "busy" }],
    ["STORE_UNREACHABLE", "ECONNREFUSED", { endpoint: "http://127.0.0.1:1" }],
  ])("%s, and why: %s", async (code, reason, wrong) => {
    const store = storeOn(s3Objects({ ...server.bucket, ...wrong }));
    const error: unknown = await store.latest(lineOf("shop")).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code, transient: code === "STORE_UNREACHABLE" });
    expect((error as Error).message).toContain(reason);
  });
});

test("a bucket is named in the path, or before the host", () => {
  const bucket = { endpoint: "https://s3.example.com/base/", bucket: "builds" };
  expect(addressIn({ ...bucket, style: "path" }, "a/b+c").href).toBe(
    "https://s3.example.com/base/builds/a/b%2Bc",
  );
  expect(addressIn({ ...bucket, style: "host" }, "a/b").href).toBe("https://builds.s3.example.com/base/a/b");
});

test("over HTTP a store is read from; it is not listed, nor written to", async () => {
  const folder = aFolder();
  await storeOn(folderObjects(folder)).put(lineOf("shop"), { file: aFile("one"), version: v("1") });
  const server = await aFileServer(folder);
  const store = storeOn(webObjects(server.url));
  expect(await store.latest(lineOf("shop"))).toBe("1");
  expect((await store.describe(lineOf("shop"), v("1"))).size).toBe(3);
  await expect(store.latest(lineOf("other"))).rejects.toMatchObject({ code: "ARTIFACT_UNKNOWN" });
  await expect(store.versions(lineOf("shop"))).rejects.toMatchObject({ code: "STORE_REFUSED" });
  server.spoil("/shop", 503);
  await expect(store.latest(lineOf("shop"))).rejects.toMatchObject({
    code: "STORE_UNREACHABLE",
    transient: true,
  });
});
