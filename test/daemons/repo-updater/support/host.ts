import { existsSync, lstatSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join, relative } from "node:path";
import { repoUpdater } from "../../../../daemons/repo-updater.ts";
import type { Data, Message } from "../../../../lib/messages/catalogue.ts";
import { parseData } from "../../../../lib/messages/envelope.ts";
import { aPush } from "../../../support/builders.ts";
import { aFolder } from "../../../support/folder.ts";
import { dataOf, given } from "../../../support/given.ts";
import { aRepository } from "../../../support/repository.ts";

/** A host with checkouts of a repository that people push to, all real. `{folder}` in a target is the folder of the test. */
export async function aHost(
  checkouts: Readonly<Record<string, Readonly<Record<string, unknown>>>>,
  more: Readonly<Record<string, unknown>> = {},
) {
  const folder = aFolder();
  const shop = await aRepository(folder);
  const settings = { state: join(folder, "state"), repositories: { shop: { url: shop.path } } };
  const config = {
    ...more,
    checkouts: Object.fromEntries(
      Object.entries(checkouts).map(([name, each]) => [
        name,
        { repository: "shop", ...inFolder(each, folder) },
      ]),
    ),
  };
  let time = Date.parse("2026-11-21T10:15:02Z");
  const open = () => given(repoUpdater, { settings, config, now: () => new Date(time) });
  let daemon = open();
  return {
    folder,
    shop,
    settings,
    config,
    daemon: () => daemon,
    /** The daemon ends, and another is started. */
    restart: () => (daemon = open()),
    wait: (milliseconds: number) => void (time += milliseconds),
    /** Tells of a push, whatever it was of. */
    hear: (push: Readonly<Record<string, unknown>> = {}) => daemon.when("commit.pushed", aPush(push)),
    built: (revision: string, said: Readonly<Record<string, unknown>> = {}) =>
      daemon.when("build.finished", aBuild(revision, said)),
    at: (...path: string[]) => join(folder, ...path),
  };
}

const inFolder = (each: Readonly<Record<string, unknown>>, folder: string) =>
  typeof each["target"] === "string" ? { ...each, target: join(folder, each["target"]) } : each;

/** The end of a build of main that passed; state only what the test is about. */
const aBuild = (revision: string, { pipeline = "shop", ...said }: Readonly<Record<string, unknown>>) =>
  parseData("build.finished", {
    build: `${pipeline as string}@${revision}`,
    repository: "shop",
    ref: "refs/heads/main",
    revision,
    outcome: "passed",
    at: "2026-11-21T10:15:02Z",
    seconds: 1,
    steps: [],
    ...said,
  });

/** The lines for people in what was said. */
export const linesIn = (said: readonly Message[]): string[] =>
  dataOf("event.said", said).map(({ text }) => text);

/** What was said of checkouts: what is where now. */
export const updatesIn = (said: readonly Message[]): Data<"checkout.updated">[] =>
  dataOf("checkout.updated", said);

/** Every file below a folder with its contents, or where a link leads; git's own and ours left out. */
export function treeOf(folder: string): Record<string, string> {
  if (!existsSync(folder)) return {};
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).flatMap((entry) => {
    const path = join(entry.parentPath, entry.name);
    const name = relative(folder, path);
    if (entry.isDirectory() || name.startsWith(".git/") || name.startsWith(".skein-")) return [];
    const link = lstatSync(path).isSymbolicLink();
    return [[name, link ? `-> ${readlinkSync(path)}` : readFileSync(path, "utf8")] as const];
  });
  return Object.fromEntries(files);
}
