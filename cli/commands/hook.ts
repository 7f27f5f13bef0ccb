import { resolve } from "node:path";
import { defineCommand } from "../command.ts";
import { announceNoPushes, announcePushes, nameOf } from "../hooks.ts";
import { print, printJson } from "../output.ts";
import { hookOfReprepro } from "../reprepro.ts";
import { readSettings } from "../session.ts";

export const hook = defineCommand({
  options: (yargs) =>
    yargs
      .positional("action", {
        choices: ["install", "uninstall"] as const,
        demandOption: true,
        describe: "What to do",
      })
      .positional("path", {
        type: "string",
        demandOption: true,
        describe: "The repository that people push to",
      })
      .option("name", { type: "string", describe: "The name of the repository in the configuration" })
      .option("reprepro", {
        type: "boolean",
        default: false,
        describe: "The path is the base folder of reprepro: its changes are announced",
      }),
  run: async (args) => {
    const settings = readSettings(args);
    const path = resolve(args.path);
    if (args.reprepro) return hookOfReprepro(settings, path, args);
    const file =
      args.action === "install"
        ? await announcePushes(settings, path, nameOf(settings, path, args.name))
        : await announceNoPushes(path);
    if (args.json) printJson({ action: args.action, hook: file });
    else print(`${args.action === "install" ? "pushes are announced by" : "no longer announced by"} ${file}`);
    return 0;
  },
});
