import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createHash } from "node:crypto";
import { text } from "node:stream/consumers";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type Line, type Metadata, readMeta } from "../../../lib/artifacts/metadata.ts";
import { type Store, storeOn } from "../../../lib/artifacts/store.ts";
import { folderObjects } from "../../../lib/effects/stores/folder.ts";
import { codeOf } from "../../../lib/failure.ts";
import { artifactName, artifactVersion, byVersion, targetName } from "../../../lib/schema/artifacts.ts";
import { appName } from "../../../lib/schema/names.ts";
import { aFolder } from "../../support/folder.ts";
import { CASES, type Operation } from "../../support/yodeploy.ts";

const lineOf = (app: string, target = "master"): Line => ({
  app: appName.parse(app),
  target: targetName.parse(target),
  artifact: artifactName.parse(`${app}.tar.gz`),
});

test.each(CASES.version_sort)("versions are ordered as there: $origin", ({ input, expected }) => {
  expect([...input].sort(byVersion)).toEqual(expected);
});

test.each(CASES.next_version)(
  "the next version is the same as there: $name",
  async ({ existing, target, expected }) => {
    const { put, store } = aStore();
    for (const version of existing) await put("foo", version, version);
    expect(await store.next(lineOf("foo", target))).toBe(expected);
  },
);

test("of an artifact that has no version yet, the next is 0; one that is taken is passed over", async () => {
  const { put, store } = aStore();
  expect(await store.next(lineOf("foo"))).toBe("0");
  for (const version of ["1.2", "1.3", "1"]) await put("foo", version, version);
  expect([await store.latest(lineOf("foo")), await store.next(lineOf("foo"))]).toEqual(["1", "1.1"]);
  for (const version of ["1.1", "1.2.9"]) await put("foo", version, version);
  expect(await store.next(lineOf("foo"))).toBe("1.2.10");
});

/** What goes otherwise than there, because there it was a fault. */
const BETTER: Readonly<
  Record<string, { readonly name: string; readonly results: Readonly<Record<number, unknown>> }>
> = {
  "delete of a version that latest names but is not highest: latest left dangling": {
    name: "delete of a version that latest names: latest names the highest of those that remain",
    results: { 3: "2.0", 4: "b" },
  },
};

test.each(CASES.repository.map((each) => ({ ...each, title: BETTER[each.name]?.name ?? each.name })))(
  "a store does as there: $title",
  async ({ name, ops, files }) => {
    const { folder, store, put } = aStore();
    for (const [index, operation] of ops.entries()) {
      const expected =
        BETTER[name]?.results[index] ?? (operation.result === null ? undefined : operation.result);
      expect({ index, result: await perform(store, put, operation) }).toEqual({ index, result: expected });
    }
    const known = filesIn(folder);
    const wanted = BETTER[name] === undefined ? files : { ...files, "foo/master/foo.tar.gz/latest": "2.0\n" };
    // Where nothing was said of an artifact, there is nothing beside it there; here its digest always is.
    const withMeta = Object.keys(wanted).filter(
      (path) => !path.endsWith("latest") && !path.endsWith(".meta"),
    );
    const metas = Object.fromEntries(
      withMeta.map((path) => [`${path}.meta`, wanted[`${path}.meta`] ?? "{}"]),
    );
    expect(known).toEqual({ ...wanted, ...metas });
  },
);

test.each(CASES.virtualenv_id)(
  "what an app needs to run is an artifact as any other, under the name that it has there: $expected",
  async ({ requirements, python, platform, expected }) => {
    const digest = createHash("sha224").update(requirements).digest("hex");
    expect(`${python}-${platform}-${digest}`).toBe(expected);
    const artifact = artifactName.parse(`virtualenv-${expected}.tar.gz`);
    const { folder, store } = aStore();
    const file = join(aFolder(), "file");
    writeFileSync(file, "packed");
    await store.put({ ...lineOf("foo"), artifact }, { file, version: artifactVersion.parse("1") });
    expect(readdirSync(join(folder, "foo/master"))).toEqual([artifact]);
    expect(await store.latest({ ...lineOf("foo"), artifact })).toBe("1");
  },
);

/** Everything in the folder of a store. Of what is said of an artifact, the digest is checked and left out. */
function filesIn(folder: string): Readonly<Record<string, string>> {
  const paths = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((each) => each.isFile())
    .map((each) => join(each.parentPath, each.name));
  const entries = paths.map((path) => {
    const contents = readFileSync(path, "utf8");
    if (!path.endsWith(".meta")) return [path.slice(folder.length + 1), contents];
    const { metadata, own } = readMeta(contents, path);
    const bytes = readFileSync(path.replace(/\.meta$/, ""));
    expect(own).toEqual({ sha256: createHash("sha256").update(bytes).digest("hex"), size: bytes.length });
    return [path.slice(folder.length + 1), JSON.stringify(metadata).replaceAll('":', '": ')];
  });
  return Object.fromEntries(entries) as Record<string, string>;
}

type Put = (
  app: string,
  version: string,
  contents: string,
  metadata?: Metadata,
  target?: string,
) => Promise<unknown>;

function aStore(): { readonly folder: string; readonly store: Store; readonly put: Put } {
  const parent = aFolder();
  const folder = join(parent, "store");
  mkdirSync(folder);
  const store = storeOn(folderObjects(folder));
  const put: Put = async (app, version, contents, metadata, target) => {
    const file = join(parent, "file");
    writeFileSync(file, contents);
    return store.put(lineOf(app, target), { file, version: artifactVersion.parse(version), metadata });
  };
  return { folder, store, put };
}

/** What Python raises, in our words. */
const RAISED: Readonly<Record<string, string>> = { ARTIFACT_UNKNOWN: "!KeyError" };

async function perform(store: Store, put: Put, { op, args }: Operation): Promise<unknown> {
  const given = "app" in args ? [args.app, undefined, args.target] : args;
  const [app, second] = given as [string, string | undefined];
  const deeds: Readonly<Record<string, () => Promise<unknown>>> = {
    put: async () => {
      const [, version, contents, metadata, target] = given as [
        string,
        string,
        string,
        Metadata | null,
        string?,
      ];
      await put(app, version, contents, metadata ?? undefined, target);
    },
    get: async () => {
      const line = lineOf(app, "app" in args ? args.target : "master");
      const version = second === undefined ? await store.latest(line) : artifactVersion.parse(second);
      return text((await store.open(line, version)).bytes);
    },
    latest_version: () => store.latest(lineOf(app)),
    list_versions: () => store.versions(lineOf(app, second)),
    list_targets: () => store.targets(appName.parse(app)),
    get_metadata: async () => (await store.describe(lineOf(app), artifactVersion.parse(second))).metadata,
    delete: () => store.delete(lineOf(app), artifactVersion.parse(second)),
    gc: async () => {
      for (const each of await store.apps())
        for (const target of await store.targets(each))
          await store.gc(lineOf(each, target), Number(given[0]));
    },
  };
  try {
    return await deeds[op]?.();
  } catch (error) {
    const code = codeOf(error) ?? "";
    // A version that cannot be, and one to delete that is not there, are both a ValueError.
    return code === "" || op === "delete" ? "!ValueError" : RAISED[code];
  }
}
