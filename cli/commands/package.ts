import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { makeFolder, writeWhole } from "../../lib/effects/files.ts";
import { counted } from "../../lib/messages/catalogue/entry.ts";
import { parseData } from "../../lib/messages/envelope.ts";
import { archiveWord, packageName, packageVersion } from "../../lib/schema/debian.ts";
import { defineCommand } from "../command.ts";
import { print, printJson } from "../output.ts";
import { parsed } from "../parsed.ts";
import { packageSpool } from "../reprepro.ts";
import { readSettings } from "../session.ts";

/** What is the same of all packages that are named. */
interface Circumstances {
  readonly repository?: string | undefined;
  readonly suite?: string | undefined;
  readonly component?: string | undefined;
  readonly architecture?: string | undefined;
  readonly change: "added" | "replaced" | "removed";
}

export const packageCommand = defineCommand({
  options: (yargs) =>
    yargs
      .positional("action", {
        choices: ["announce", "look"] as const,
        demandOption: true,
        describe: "Announce packages, or have archives of the configuration looked at now",
      })
      .positional("names", {
        type: "string",
        array: true,
        demandOption: true,
        describe: "Packages as NAME or NAME=VERSION, or archives",
      })
      .option("repository", { type: "string", describe: "The archive that packages are in" })
      .option("suite", { type: "string", describe: "The suite that they are in" })
      .option("component", { type: "string", describe: "The component that they are in" })
      .option("architecture", { type: "string", describe: "What they are for" })
      .option("change", {
        choices: ["added", "replaced", "removed"] as const,
        default: "added" as const,
        describe: "What became of them",
      }),
  run: async (args) => {
    const lines = args.names.map((name) =>
      args.action === "look" ? `look ${parsed(archiveWord, name, "the archive")}` : lineOf(name, args),
    );
    const spool = packageSpool(readSettings(args));
    await makeFolder(spool, 0o700);
    // As reprepro's hook does: nothing that publishes waits for a broker.
    await writeWhole(join(spool, `packages-${randomUUID()}`), `${lines.join("\n")}\nend\n`, 0o660);
    const what = args.action === "look" ? "archive" : "package";
    if (args.json) printJson({ action: args.action, names: args.names });
    else print(`handed to the package-announcer: ${counted(lines.length, what)}`);
    return 0;
  },
});

function lineOf(said: string, { repository, suite, component, architecture, change }: Circumstances): string {
  const [name, ...version] = said.split("=");
  const data = {
    ...checked({ repository, suite, component, architecture }),
    package: parsed(packageName, name, "a package"),
    ...(version.length === 0 ? {} : { version: parsed(packageVersion, version.join("="), "a version") }),
    action: change,
    at: new Date().toISOString(),
  };
  return `package ${JSON.stringify(parseData("package.published", data))}`;
}

/** Those of the words that were said. */
function checked(words: Readonly<Record<string, string | undefined>>) {
  const said = Object.entries(words).filter(([, word]) => word !== undefined);
  return Object.fromEntries(said.map(([name, word]) => [name, parsed(archiveWord, word, `--${name}`)]));
}
