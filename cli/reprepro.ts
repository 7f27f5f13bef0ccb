import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { type Settings as Announcer, SPOOL } from "../daemons/package-announcer/configuration.ts";
import { installReprepro, uninstallReprepro } from "../lib/effects/hooks/reprepro.ts";
import { Failure } from "../lib/failure.ts";
import { archiveWord } from "../lib/schema/debian.ts";
import { print, printJson } from "./output.ts";
import { parsed } from "./parsed.ts";
import type { Settings } from "./settings.ts";

const shipped = (name: string): string =>
  fileURLToPath(new URL(`../../hooks/reprepro-${name}`, import.meta.url));

/** The section of the package-announcer. */
const announcerOf = (settings: Settings): Announcer =>
  (settings as unknown as { readonly "package-announcer": Announcer })["package-announcer"];

/** The folder that the package-announcer reads what others wrote in. */
export const packageSpool = (settings: Settings): string =>
  resolve(settings.state, announcerOf(settings).spool ?? SPOOL);

interface Asked {
  readonly action: "install" | "uninstall";
  readonly name?: string | undefined;
  readonly json: boolean;
}

/** Has the changes of an archive of reprepro announced, or no more. */
export async function hookOfReprepro(settings: Settings, base: string, asked: Asked): Promise<number> {
  const { action, json } = asked;
  const hook =
    action === "install" ? await install(settings, base, asked.name) : await uninstallReprepro(base);
  if (json) printJson({ action, hook });
  else print(`${action === "install" ? "packages are announced by" : "no longer announced by"} ${hook}`);
  return 0;
}

async function install(settings: Settings, base: string, said: string | undefined): Promise<string> {
  const name = said === undefined ? nameOf(settings, base) : parsed(archiveWord, said, "--name");
  const scripts = { notifier: shipped("notifier"), endhook: shipped("endhook") };
  return installReprepro({ base, name, spool: packageSpool(settings), ...scripts });
}

/** The name of the archive at a path, as the configuration has it. */
function nameOf(settings: Settings, base: string): string {
  const found = Object.entries(announcerOf(settings).reprepro).find(
    ([, each]) => resolve(each.base) === base,
  );
  if (found !== undefined) return found[0];
  throw new Failure(
    "NAME_INVALID",
    `Cannot tell the name of ${base}: no archive of package-announcer.reprepro has this base; say it with --name`,
  );
}
