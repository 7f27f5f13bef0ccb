import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { type Settings as Announcer, SPOOL } from "../daemons/package-announcer/configuration.ts";
import { installReprepro } from "../lib/effects/hooks/reprepro.ts";
import { Failure } from "../lib/failure.ts";
import { archiveWord } from "../lib/schema/debian.ts";
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

/** Has the changes of an archive of reprepro announced. */
export async function announcePackages(
  settings: Settings,
  base: string,
  said: string | undefined,
): Promise<string> {
  const name = said === undefined ? nameOf(settings, base) : parsed(archiveWord, said, "--name");
  const spool = packageSpool(settings);
  return installReprepro({ base, name, spool, notifier: shipped("notifier"), endhook: shipped("endhook") });
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
