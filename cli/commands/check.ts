import { findConfig, loadConfig } from "../../lib/config/load.ts";
import { originsOf } from "../../lib/config/made-of.ts";
import { counted } from "../../lib/messages/catalogue/entry.ts";
import { defineCommand } from "../command.ts";
import { print, printJson } from "../output.ts";
import { settingsSchema } from "../settings.ts";

export const check = defineCommand({
  options: (yargs) => yargs,
  run: (args) => {
    const file = findConfig(args.config);
    const { apps, repositories } = loadConfig(file, settingsSchema);
    const unknown = Object.entries(apps).flatMap(([app, configured]) =>
      originsOf(configured)
        .filter(({ repository }) => !Object.hasOwn(repositories, repository))
        .map(({ repository, part }) => ({
          app,
          repository,
          key: part ? `parts.${part}.repository` : "repository",
        })),
    );
    if (args.json)
      printJson({
        file,
        ok: unknown.length === 0,
        unknown: unknown.map(({ app, repository }) => ({ app, repository })),
      });
    else {
      for (const { app, repository, key } of unknown)
        print(`${file} apps.${app}.${key}: no repository is named ${repository}`);
      if (unknown.length === 0)
        print(
          `${file} is right: ${counted(Object.keys(repositories).length, "repository", "repositories")}, ${counted(Object.keys(apps).length, "app")}`,
        );
    }
    return Promise.resolve(unknown.length === 0 ? 0 : 78);
  },
});
