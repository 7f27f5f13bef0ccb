import { readFile } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { type Metadata, metadataFrom } from "../../lib/artifacts/metadata.ts";
import type { Stored } from "../../lib/artifacts/store.ts";
import { verifyArtifact, verifyModes } from "../../lib/artifacts/verify.ts";
import { kindOf } from "../../lib/effects/files.ts";
import { receive } from "../../lib/effects/stores/receive.ts";
import { EXIT } from "../../lib/daemon/process.ts";
import { Failure, reasonOf } from "../../lib/failure.ts";
import { safeText } from "../../lib/safe-text.ts";
import { artifactVersion } from "../../lib/schema/artifacts.ts";
import { appName } from "../../lib/schema/names.ts";
import { trustFolder } from "../../lib/security/trust.ts";
import { artifactOptions, lineOf, type Named, storeOf } from "../artifact-subject.ts";
import { defineCommand } from "../command.ts";
import { signerHere } from "../foundation.ts";
import { note, print, printJson, table } from "../output.ts";
import { parsed } from "../parsed.ts";

const actions = ["put", "get", "list", "versions", "latest", "delete", "gc"] as const;

interface Words extends Named {
  readonly json: boolean;
  readonly file?: string | undefined;
  readonly version?: string | undefined;
  readonly meta?: string | undefined;
  readonly sign: boolean;
  readonly key?: string | undefined;
  readonly verify: string;
  readonly keep: number;
}

export const artifact = defineCommand({
  options: (yargs) =>
    artifactOptions(yargs)
      .positional("action", { choices: actions, demandOption: true, describe: "What to do" })
      .positional("app", { type: "string", describe: "The app" })
      .positional("file", { type: "string", describe: "The file to put, or to write what is got to" })
      .version(false)
      .option("version", { type: "string", describe: "The version; for put, the one after the latest" })
      .option("meta", { type: "string", describe: "put: a file with what is known of it, a JSON object" })
      .option("sign", { type: "boolean", default: false, describe: "put: sign it" })
      .option("key", { type: "string", describe: "put --sign: the private key to sign with" })
      .option("verify", {
        choices: [...verifyModes, "off"] as const,
        default: "if-there",
        describe: "get: whether its signature is checked, by the trust folder here",
      })
      .option("keep", { type: "number", default: 2, describe: "gc: how many of the highest versions stay" }),
  run: (args) => DEEDS[args.action](args),
});

const DEEDS: Readonly<Record<(typeof actions)[number], (words: Words) => Promise<number>>> = {
  put,
  get,
  list,
  versions,
  latest,
  delete: remove,
  gc,
};

async function put(words: Words): Promise<number> {
  const line = lineOf(words);
  const { file } = words;
  if (file === undefined || (await kindOf(file)) === undefined)
    throw new Failure("INPUT_INVALID", `Cannot put ${file ?? "nothing"}: name a file that is there`);
  const { settings, store } = storeOf(words);
  const metadata = words.meta === undefined ? undefined : await metadataIn(words.meta);
  const signer = words.sign ? await signerHere(settings.state, words.key) : undefined;
  const version = words.version === undefined ? undefined : versionIn(words);
  const stored = await store.put(line, { file, version, metadata, signer });
  if (words.json) printJson(stored);
  else {
    print(stored.version);
    note(`put ${sizeIn(stored.size)} as version ${stored.version} of ${nameOf(stored)} into ${store.place}`);
    note(`sha256 ${stored.sha256}${signer === undefined ? "" : `, signed with ${signer.fingerprint}`}`);
  }
  return EXIT.ok;
}

async function get(words: Words): Promise<number> {
  const line = lineOf(words);
  const { settings, store } = storeOf(words);
  const version = words.version === undefined ? await store.latest(line) : versionIn(words);
  const stored = await store.describe(line, version);
  const trust = trustFolder(join(settings.state, "trust"));
  const { verify } = words;
  const mode = verifyModes.find((each) => each === verify);
  const signers = mode && verifyArtifact(stored, mode, { trust: trust.current, now: new Date() });
  const path = resolve(words.file ?? basename(line.artifact));
  const what = `version ${version} of ${nameOf(stored)}`;
  await receive((from) => store.open(line, version, from), path, { ...stored, what, most: Infinity });
  if (words.json) printJson({ ...stored, file: path, ...(signers && { signers }) });
  else {
    print(path);
    note(`got ${what}, ${sizeIn(stored.size)}, sha256 ${stored.sha256}`);
    if (signers !== undefined)
      note(signers.length === 0 ? "it is not signed" : `signed by ${signers.map(safeText).join(", ")}`);
  }
  return EXIT.ok;
}

async function list(words: Words): Promise<number> {
  const { store } = storeOf(words);
  const named = words.app === undefined ? undefined : parsed(appName, words.app, "app");
  const found: { app: string; target: string; artifact: string; versions: number; latest: string | null }[] =
    [];
  for (const app of named === undefined ? await store.apps() : [named])
    for (const target of await store.targets(app))
      for (const artifact of await store.artifacts(app, target)) {
        const line = { app, target, artifact };
        const { length: count } = await store.versions(line);
        // Somebody puts the first one just now, or was killed.
        if (count === 0) continue;
        const latest = await store.latest(line).catch(() => null);
        found.push({ ...line, versions: count, latest });
      }
  if (words.json) for (const each of found) printJson(each);
  else if (found.length > 0)
    print(
      table(
        ["app", "target", "artifact", "versions", "latest"],
        found.map((each) => [
          each.app,
          each.target,
          each.artifact,
          `${each.versions}`,
          each.latest ?? "none",
        ]),
      ),
    );
  if (found.length > 0) return EXIT.ok;
  note(`${store.place} has nothing${named === undefined ? "" : ` of ${named}`} yet`);
  return EXIT.failed;
}

async function versions(words: Words): Promise<number> {
  const line = lineOf(words);
  const { store } = storeOf(words);
  const found = await store.versions(line);
  const newest = await store.latest(line).catch(() => undefined);
  if (words.json)
    for (const version of found)
      printJson({ ...(await store.describe(line, version)), latest: version === newest });
  else for (const version of found) print(version);
  if (found.length > 0) return EXIT.ok;
  note(`${store.place} has no version of ${nameOf(line)}`);
  return EXIT.failed;
}

async function latest(words: Words): Promise<number> {
  const line = lineOf(words);
  const { store } = storeOf(words);
  const version = await store.latest(line);
  if (words.json) printJson(await store.describe(line, version));
  else print(version);
  return EXIT.ok;
}

async function remove(words: Words): Promise<number> {
  const line = lineOf(words);
  if (words.version === undefined)
    throw new Failure("INPUT_INVALID", "Cannot delete: say which version with --version");
  const version = versionIn(words);
  const { store } = storeOf(words);
  await store.delete(line, version);
  if (words.json) printJson({ ...line, deleted: version });
  else note(`deleted version ${version} of ${nameOf(line)}`);
  return EXIT.ok;
}

/** Of one app, or of all; of the artifacts and targets that are named, or of all. */
async function gc(words: Words): Promise<number> {
  if (words.keep < 1) throw new Failure("INPUT_INVALID", "Cannot keep nothing: --keep must be 1 or more");
  const { store } = storeOf(words);
  const one = words.app === undefined ? undefined : parsed(appName, words.app, "app");
  for (const app of one === undefined ? await store.apps() : [one])
    for (const target of await store.targets(app)) {
      if (words.target !== undefined && words.target !== target) continue;
      for (const artifact of await store.artifacts(app, target)) {
        if (words.artifact !== undefined && words.artifact !== artifact) continue;
        const line = { app, target, artifact };
        for (const deleted of await store.gc(line, words.keep))
          if (words.json) printJson({ ...line, deleted });
          else print(`deleted ${nameOf(line)} ${deleted}`);
        const swept = await store.sweep(line);
        if (swept > 0) note(`removed ${swept} unfinished files of ${nameOf(line)}`);
      }
    }
  return EXIT.ok;
}

const versionIn = ({ version }: Words) => parsed(artifactVersion, version, "--version");

const nameOf = ({ app, target, artifact }: Pick<Stored, "app" | "target" | "artifact">): string =>
  `${app}/${target}/${artifact}`;

function sizeIn(bytes: number): string {
  if (bytes < 1_024) return `${bytes} bytes`;
  return bytes < 1_024 ** 2 ? `${(bytes / 1_024).toFixed(1)} KiB` : `${(bytes / 1_024 ** 2).toFixed(1)} MiB`;
}

async function metadataIn(file: string): Promise<Metadata> {
  try {
    return metadataFrom(JSON.parse(await readFile(file, "utf8")), file);
  } catch (cause) {
    if (cause instanceof Failure) throw cause;
    throw new Failure("INPUT_INVALID", `Cannot use ${file}: ${reasonOf(cause)}`, { cause });
  }
}
