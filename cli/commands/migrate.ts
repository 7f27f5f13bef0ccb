import { lstat, mkdir, readdir, readFile } from "node:fs/promises";
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { stringify } from "yaml";
import { writeWhole } from "../../lib/effects/files.ts";
import { Failure, reasonOf } from "../../lib/failure.ts";
import { counted } from "../../lib/messages/catalogue/entry.ts";
import { safeText } from "../../lib/safe-text.ts";
import { defineCommand } from "../command.ts";
import { type Migrated, migrate as migrateAll } from "../migrate/migrate.ts";
import { note, print, printJson, table } from "../output.ts";

const MOST_FILES = 500;
const MOST_BYTES = 256 * 1024;
const DEEPEST = 8;

export const migrate = defineCommand({
  options: (yargs) =>
    yargs
      .positional("files", {
        type: "string",
        array: true,
        demandOption: true,
        describe: "Configuration files of the older kit, or folders of them",
      })
      .option("into", {
        type: "string",
        describe: "The folder that skein.yaml and the secrets are written to",
      })
      .option("force", { type: "boolean", default: false, describe: "Replace files that are there already" })
      .option("older-access", {
        type: "boolean",
        default: false,
        describe: "Let the older front end go on asking for logins, with passwords in clear",
      }),
  run: async (args) => {
    const paths = (await Promise.all(args.files.map((each) => filesIn(each, DEEPEST)))).flat();
    if (paths.length === 0)
      throw new Failure("MIGRATE_NOTHING", "Cannot find a file whose name ends in .yaml or .yml");
    if (paths.length > MOST_FILES)
      throw new Failure("MIGRATE_NOTHING", `Cannot read more than ${MOST_FILES} files at once`);
    const files = await Promise.all(paths.map(async (name) => ({ name, text: await textOf(name) })));
    const migrated = migrateAll(files, { olderAccess: args["older-access"] });
    if (migrated.kinds.size === 0) {
      report(migrated, args.json);
      throw new Failure(
        "MIGRATE_NOTHING",
        "Cannot take anything over: none of these files is one of the older kit's",
      );
    }
    if (args.into !== undefined) await writeInto(resolve(args.into), migrated, args.force);
    else if (args.json) printJson({ config: migrated.config });
    else print(textFor(migrated).trimEnd());
    report(migrated, args.json);
    if (args.into === undefined && migrated.secrets.size > 0)
      note(`\n${counted(migrated.secrets.size, "secret")} not written: that takes --into FOLDER`);
    return migrated.unreadable.length === 0 ? 0 : 78;
  },
});

/** Reads the names of the files of a folder, but follows no links. */
async function filesIn(path: string, deep: number): Promise<readonly string[]> {
  const found = await lstat(path).catch((cause: unknown) => {
    throw new Failure("MIGRATE_NOTHING", `Cannot read ${path}: ${reasonOf(cause)}`, { cause });
  });
  if (!found.isDirectory()) return [path];
  if (deep === 0) return [];
  const entries = await readdir(path, { withFileTypes: true });
  const wanted = entries
    .filter((each) => each.isDirectory() || (each.isFile() && /\.ya?ml$/.test(each.name)))
    .map(({ name }) => name)
    .sort();
  return (await Promise.all(wanted.map((name) => filesIn(join(path, name), deep - 1)))).flat();
}

async function textOf(path: string): Promise<string> {
  try {
    if ((await lstat(path)).size > MOST_BYTES) throw new Error(`it is larger than ${MOST_BYTES} bytes`);
    return new TextDecoder("utf-8", { fatal: true }).decode(await readFile(path));
  } catch (cause) {
    throw new Failure("MIGRATE_NOTHING", `Cannot read ${path}: ${reasonOf(cause)}`, { cause });
  }
}

const textFor = ({ config, toComplete }: Migrated): string =>
  [
    "# Taken over from the older kit by `skein migrate`.",
    ...toComplete.map((each) => `# To complete: ${safeText(each)}`),
    stringify(config, { lineWidth: 0 }),
  ].join("\n");

async function writeInto(folder: string, migrated: Migrated, force: boolean): Promise<void> {
  const secrets = join(folder, ".skein", "secrets");
  const files = [
    { path: join(folder, "skein.yaml"), text: textFor(migrated), mode: holdsLogin(migrated) ? 0o600 : 0o644 },
    ...[...migrated.secrets].map(([name, value]) => ({
      path: join(secrets, name),
      text: `${value}\n`,
      mode: 0o600,
    })),
  ];
  const there = files.find(({ path }) => existsSync(path));
  if (there !== undefined && !force)
    throw new Failure("MIGRATE_THERE", `Cannot write ${there.path}: it is there already`);
  await mkdir(folder, { recursive: true });
  if (migrated.secrets.size > 0) await mkdir(secrets, { recursive: true, mode: 0o700 });
  // The configuration last: what it names is there then.
  for (const { path, text, mode } of files.toReversed()) await writeWhole(path, text, mode);
  note(
    `wrote ${files[0]?.path}${holdsLogin(migrated) ? ", which only you may read: the login of the broker is in it" : ""}`,
  );
  if (migrated.secrets.size > 0) note(`wrote ${counted(migrated.secrets.size, "secret")} to ${secrets}`);
}

const holdsLogin = ({ config }: Migrated): boolean =>
  typeof config["bus"] === "string" && config["bus"].includes("@");

function report({ fates, kinds, unreadable, toComplete, next }: Migrated, asJson: boolean): void {
  if (asJson) {
    for (const each of fates) printJson({ ...each, kind: kinds.get(each.file) });
    for (const each of unreadable) printJson({ ...each, unreadable: true });
    for (const each of toComplete) printJson({ complete: each });
    for (const each of next) printJson({ next: each });
    return;
  }
  const rowsOf = (key: "to" | "why") =>
    fates.flatMap((each) =>
      each[key] === undefined ? [] : [[`${each.file}:${each.line}`, each.key, each[key]]],
    );
  section("taken over", table(["line", "key", "where it went"], rowsOf("to")));
  const left = [
    ...rowsOf("why"),
    ...unreadable.map(({ file, line, says }) => [`${file}:${line}`, "(the whole file)", says]),
  ];
  if (left.length > 0) section("not taken over", table(["line", "key", "why"], left));
  if (toComplete.length > 0) section("to complete", list(toComplete));
  section("next", list(next));
}

const list = (lines: readonly string[]): string => lines.map((each) => `- ${safeText(each)}`).join("\n");

const section = (title: string, text: string): void => note(`\n${title}\n${text}`);
