import { resolve } from "node:path";
import { defineCommand } from "../command.ts";
import { uninstallReprepro } from "../../lib/effects/hooks/reprepro.ts";
import { announceNoPushes, announcePushes, nameOf } from "../hooks.ts";
import { print, printJson } from "../output.ts";
import { announcePackages } from "../reprepro.ts";
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
    if (args.reprepro) {
      const folder =
        args.action === "install"
          ? await announcePackages(settings, path, args.name)
          : await uninstallReprepro(path);
      if (args.json) printJson({ action: args.action, hook: folder });
      else
        print(
          `${args.action === "install" ? "packages are announced by" : "no longer announced by"} ${folder}`,
        );
      return 0;
    }
    const file =
      args.action === "install"
        ? await announcePushes(settings, path, nameOf(settings, path, args.name))
        : await announceNoPushes(path);
    if (args.json) printJson({ action: args.action, hook: file });
    else print(`${args.action === "install" ? "pushes are announced by" : "no longer announced by"} ${file}`);
    return 0;
  },
});
