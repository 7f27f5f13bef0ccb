import { chmod, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { Failure } from "../failure.ts";
import { hooksFolder } from "./git.ts";
import { kindOf, makeFolder, readIfThere, writeWhole } from "./files.ts";

/** What a repository's pushes are announced by. */
export interface Installation {
  readonly repository: string;
  readonly name: string;
  readonly spool: string;
  /** The file of the hook, as it is shipped. */
  readonly hook: string;
}

const MARK = "Installed by `skein hook install`";
const HOOK = "post-receive";
const BEFORE = `${HOOK}.before-skein`;

/**
 * Installs the hook beside whatever is there: an older hook is called after ours, with the same input, and its exit status
 * counts. Doing it twice changes nothing.
 * @returns the file of the hook
 * @throws {Failure} REPOSITORY_INVALID or HOOK_REFUSED
 */
export async function installHook({ repository, name, spool, hook }: Installation): Promise<string> {
  const folder = await hooksFolder(repository);
  const file = join(folder, HOOK);
  const contents = fill(await readFile(hook, "utf8"), name, spool);
  await makeFolder(folder);
  await makeFolder(spool, 0o700);
  if ((await kindOf(file)) !== undefined && !(await isOurs(file))) await setAside(folder, file);
  await writeWhole(file, contents, 0o755);
  // The mode of a new file is cut by the umask of whoever installs it.
  await chmod(file, 0o755);
  return file;
}

/**
 * Takes the hook out, and puts back what was there before.
 * @throws {Failure} REPOSITORY_INVALID or HOOK_REFUSED
 */
export async function uninstallHook({ repository }: Pick<Installation, "repository">): Promise<string> {
  const folder = await hooksFolder(repository);
  const file = join(folder, HOOK);
  if (!(await isOurs(file)))
    throw new Failure("HOOK_REFUSED", `Cannot take the hook out of ${repository}: ${file} is not Skein's`);
  if ((await kindOf(join(folder, BEFORE))) === undefined) await rm(file);
  else await rename(join(folder, BEFORE), file);
  return file;
}

const isOurs = async (file: string): Promise<boolean> => (await readIfThere(file))?.includes(MARK) ?? false;

async function setAside(folder: string, file: string): Promise<void> {
  const aside = join(folder, BEFORE);
  if ((await kindOf(aside)) !== undefined) {
    throw new Failure(
      "HOOK_REFUSED",
      `Cannot install the hook: both ${file} and ${aside} are there and neither is Skein's; keep one of them`,
    );
  }
  await rename(file, aside);
}

/** The paths go into single quotes of a shell script: what could end them is refused. */
function fill(template: string, name: string, spool: string): string {
  for (const each of [name, spool]) {
    if (/['\n\0]/.test(each))
      throw new Failure(
        "HOOK_REFUSED",
        `Cannot install the hook: ${JSON.stringify(each)} holds a quote or a line end`,
      );
  }
  return template.replace("@NAME@", () => name).replace("@SPOOL@", () => spool);
}
