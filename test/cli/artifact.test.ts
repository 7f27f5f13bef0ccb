import { execFileSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { faultProxy } from "../support/fault-proxy.ts";
import { aFolder } from "../support/folder.ts";
import { describeNeeding, ROOT } from "../support/needing.ts";
import { type Ran, runSkein, startSkein } from "../support/program.ts";
import { ACCESS_KEY, SECRET_KEY, startS3 } from "../support/s3-server.ts";
import { until } from "../support/until.ts";

let folder: string;
let store: string;
const env = () => ({ PATH: process.env["PATH"] ?? "", HOME: folder });
const skein = (...words: string[]): Promise<Ran> =>
  runSkein(["artifact", ...words], { cwd: folder, env: env() });
const line = () => join(store, "api/master/api.tar.gz");

beforeEach(() => {
  folder = aFolder();
  store = join(folder, "builds");
  mkdirSync(store);
  configure("{ folder: ./builds }");
});

const configure = (builds: string) =>
  writeFileSync(join(folder, "skein.yaml"), `state: ./state\nstores:\n  builds: ${builds}\n`);

function aFile(name: string, contents: string): string {
  writeFileSync(join(folder, name), contents, { mode: 0o600 });
  return name;
}

test("what is put is listed, got, deleted and collected; scripts can read what is printed", async () => {
  writeFileSync(join(folder, "meta.json"), '{"deploy_compat": "4"}');
  const first = await skein("put", "api", aFile("a", "one"), "--version", "1.9", "--meta", "meta.json");
  expect([first.status, first.stdout]).toEqual([0, "1.9\n"]);
  expect(first.stderr).toMatch(/put 3 bytes as version 1\.9 of api\/master\/api\.tar\.gz into .*builds/);
  // Without a version, the one after the latest.
  const second = await skein("put", "api", aFile("b", "two"), "--json");
  expect(second.json).toMatchObject([{ app: "api", target: "master", version: "1.10", size: 3 }]);

  const [versions, described, latest, listed, got] = await Promise.all([
    skein("versions", "api"),
    skein("versions", "api", "--json"),
    skein("latest", "api"),
    skein("list"),
    skein("get", "api", "got", "--version", "1.9"),
  ]);
  expect([versions.stdout, latest.stdout]).toEqual(["1.9\n1.10\n", "1.10\n"]);
  expect(described.json).toMatchObject([
    { version: "1.9", latest: false, metadata: { deploy_compat: "4" } },
    { version: "1.10", latest: true },
  ]);
  expect(listed.stdout).toMatch(
    /^app +target +artifact +versions +latest\napi +master +api\.tar\.gz +2 +1\.10/,
  );
  expect([got.status, got.stdout, readFileSync(join(folder, "got"), "utf8")]).toEqual([
    0,
    `${join(folder, "got")}\n`,
    "one",
  ]);
  expect(got.stderr).toContain("it is not signed");

  const deleted = await skein("delete", "api", "--version", "1.10");
  expect([deleted.status, (await skein("latest", "api")).stdout]).toEqual([0, "1.9\n"]);
  await skein("put", "api", "a", "--version", "2");
  const collected = await skein("gc", "api", "--keep", "1");
  expect([collected.status, collected.stdout]).toEqual([0, "deleted api/master/api.tar.gz 1.9\n"]);
}, 30_000);

test("what cannot be done says why, what helps, and ends as it should", async () => {
  await skein("put", "api", aFile("a", "one"), "--version", "1");
  const refused: readonly (readonly [string[], RegExp, number?])[] = [
    [["put", "api", aFile("b", "two"), "--version", "1"], /has another one.*ARTIFACT_THERE/s],
    [["put", "api", "nowhere"], /name a file that is there.*INPUT_INVALID/s, 64],
    [["get", "api", "--version", "9"], /skein artifact versions APP.*ARTIFACT_UNKNOWN/s],
    [["get", "api", "--verify", "required"], /--sign.*ARTIFACT_UNSIGNED/s],
    [["delete", "api"], /--version.*INPUT_INVALID/s, 64],
    [["versions", "api", "--store", "elsewhere"], /STORE_UNKNOWN/, 78],
    [["gc", "--keep", "0"], /--keep must be 1 or more/, 64],
  ];
  const ended = await Promise.all(refused.map(([words]) => skein(...words)));
  for (const [index, { status, stdout, stderr }] of ended.entries()) {
    const [words, says, wanted = 1] = refused[index] ?? [];
    expect({ words, status, stdout }).toEqual({ words, status: wanted, stdout: "" });
    expect(stderr).toMatch(says ?? /never/);
  }
  expect(readFileSync(join(line(), "1"), "utf8")).toBe("one");
  expect(existsSync(join(folder, "api.tar.gz"))).toBe(false);
}, 30_000);

test("a put that is killed leaves nothing that is listed, and nothing in the way; gc takes away what it left", async () => {
  truncateSync(join(folder, aFile("large", "")), 256 * 1024 ** 2);
  const running = startSkein(["artifact", "put", "api", "large", "--version", "1"], {
    cwd: folder,
    env: env(),
  });
  const left = await until("the file is on its way", () =>
    readdirSync(line()).find((name) => name.endsWith(".tmp")),
  );
  await running.kill();
  expect(readdirSync(line())).toEqual([left]);
  const [listed, versions] = await Promise.all([skein("list"), skein("versions", "api")]);
  expect([listed.status, listed.stdout, versions.stdout]).toEqual([1, "", ""]);
  expect((await skein("put", "api", aFile("a", "one"), "--version", "1")).status).toBe(0);
  expect((await skein("gc")).stderr).toBe("");
  expect(readdirSync(line())).toContain(left);
  // What nobody has written to for an hour, nobody writes.
  const then = new Date(Date.now() - 3_700_000);
  utimesSync(join(line(), left), then, then);
  expect((await skein("gc")).stderr).toContain("removed 1 unfinished files of api/master/api.tar.gz");
  expect(readdirSync(line()).toSorted()).toEqual(["1", "1.meta", "latest"]);
}, 30_000);

describeNeeding({ [ROOT]: "root" }, "on a disk that is full,", () => {
  test("a put says so, and leaves nothing; once there is room it goes", async () => {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", store]);
    try {
      truncateSync(join(folder, aFile("large", "")), 2 * 1024 ** 2);
      const { status, stderr } = await skein("put", "api", "large", "--version", "1");
      expect([status, stderr]).toEqual([1, expect.stringMatching(/its disk is full.*DISK_FULL/s)]);
      expect(readdirSync(line())).toEqual([]);
      expect((await skein("put", "api", aFile("a", "one"), "--version", "1")).status).toBe(0);
    } finally {
      execFileSync("umount", [store]);
    }
  }, 30_000);
});

const BOTOCORE = { "/usr/lib/python3/dist-packages/botocore/auth.py": "python3-botocore" };

describeNeeding(BOTOCORE, "in a bucket", () => {
  test("a put that is cut off in the middle adds nothing; the next one adds all of it", async () => {
    const server = await startS3();
    let most = 1024 ** 2;
    const proxy = await faultProxy({
      to: Number(new URL(server.bucket.endpoint).port),
      cutAfter: () => most,
    });
    try {
      const [access, secret] = [aFile("access", ACCESS_KEY), aFile("secret", SECRET_KEY)];
      configure(
        `{ s3: { bucket: builds, region: eu-west-1, style: path, endpoint: "http://127.0.0.1:${proxy.port}", access-key: { file: ${join(folder, access)} }, secret-key: { file: ${join(folder, secret)} } } }`,
      );
      truncateSync(join(folder, aFile("large", "")), 8 * 1024 ** 2);
      const { status, stderr } = await skein("put", "api", "large", "--version", "1");
      expect([status, stderr]).toEqual([69, expect.stringContaining("STORE_UNREACHABLE")]);
      expect((await skein("versions", "api")).stdout).toBe("");
      most = Infinity;
      expect((await skein("put", "api", "large", "--version", "1")).status).toBe(0);
      expect((await skein("latest", "api", "--json")).json).toMatchObject([
        { version: "1", size: 8 * 1024 ** 2 },
      ]);
    } finally {
      await proxy.close();
      server.end();
    }
  }, 30_000);
});
