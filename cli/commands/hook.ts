import { resolve } from "node:path";
import { uninstallForGitolite } from "../../lib/effects/gitolite.ts";
import { uninstallHook } from "../../lib/effects/hooks.ts";
import { defineCommand } from "../command.ts";
import { announceGitolite, announcePushes, nameOf } from "../hooks.ts";
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
        describe: "The repository, of git or Subversion; with --gitolite, the home folder of its user",
      })
      .option("name", { type: "string", describe: "The name of the repository in the configuration" })
      .option("reprepro", {
        type: "boolean",
        default: false,
        describe: "The path is the base folder of reprepro: its changes are announced",
      })
      .option("gitolite", { type: "boolean", default: false, describe: "Announce what gitolite serves" })
      .option("per-repository", {
        type: "boolean",
        default: false,
        describe: "With --gitolite: only what its configuration gives the hook to",
      }),
  run: async (args) => {
    const settings = readSettings(args);
    const path = resolve(args.path);
    if (args.reprepro) return hookOfReprepro(settings, path, args);
    const install = async () =>
      args.gitolite
        ? announceGitolite(settings, path, args.perRepository)
        : announcePushes(settings, path, await nameOf(settings, path, args.name));
    const uninstall = async () =>
      args.gitolite ? uninstallForGitolite({ home: path }) : uninstallHook({ repository: path });
    const hooks = args.action === "install" ? await install() : await uninstall();
    if (args.json) printJson({ action: args.action, hooks });
    else
      for (const file of hooks)
        print(`${args.action === "install" ? "pushes are announced by" : "no longer announced by"} ${file}`);
    if (!args.json && args.action === "install" && args.perRepository)
      print("give it to a repository in gitolite.conf: option hook.post-receive = skein");
    return 0;
  },
});
