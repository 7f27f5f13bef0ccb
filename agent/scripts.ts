import { join } from "node:path";
import { fill } from "../lib/config/app/text.ts";
import { kindOf } from "../lib/effects/files.ts";
import { isExecutable } from "../lib/effects/folders.ts";
import { ownUser } from "../lib/effects/processes.ts";
import { changeableBy, whereTo } from "../lib/effects/safe-program.ts";
import { Failure } from "../lib/failure.ts";
import type { Subject } from "./environment.ts";
import { scriptPhases } from "./flow.ts";
import { factsFor, releasePath } from "./layout.ts";
import { userIdOf } from "./user.ts";
import type { Work } from "./work.ts";

type Place = Pick<Work, "app" | "name" | "host" | "labels">;

/**
 * The script of an app for a phase; undefined where there is none.
 * @throws {Failure} SCRIPT_NOT_EXECUTABLE, CONTROL_MISSING or CONTROL_UNSAFE
 */
export async function findScript(work: Work, { release, script }: Subject): Promise<string | undefined> {
  const control = await requireControl(work);
  return control === undefined
    ? findIn(
        join(releasePath(work.layout, release), work.app.scripts),
        script,
        (name) => `git update-index --chmod=+x ${join(work.app.scripts, name)}`,
      )
    : findIn(control, script, (name) => mendOnHost(control, name));
}

/**
 * The folder of the host that the scripts of an app come from, where it has one and nobody else could change what is in it.
 * @throws {Failure} CONTROL_MISSING, CONTROL_UNSAFE or SCRIPT_NOT_EXECUTABLE
 */
export async function requireControl({ app, ...place }: Place): Promise<string | undefined> {
  if (app.control === undefined) return undefined;
  const named = fill(app.control, factsFor(place.name, app, place));
  const folder = await whereTo(named);
  if (folder === undefined || (await kindOf(folder)) !== "folder")
    throw new Failure("CONTROL_MISSING", `Cannot use the scripts in ${named}: there is no such folder`);
  const users = [ownUser(), await userIdOf(app)];
  const refuseUnsafe = async (path: string) => {
    const why = await changeableBy(path, users);
    if (why !== undefined) throw new Failure("CONTROL_UNSAFE", `Cannot use the scripts in ${named}: ${why}`);
  };
  await refuseUnsafe(folder);
  for (const name of scriptPhases) {
    const script = await findIn(folder, name, (each) => mendOnHost(folder, each));
    const real = script === undefined ? undefined : await whereTo(script);
    if (real !== undefined) await refuseUnsafe(real);
  }
  return folder;
}

const mendOnHost = (folder: string, name: string): string => `chmod +x ${join(folder, name)}`;

async function findIn(
  folder: string,
  script: string,
  mend: (name: string) => string,
): Promise<string | undefined> {
  for (const name of [script, `${script}.sh`]) {
    const path = join(folder, name);
    const kind = await kindOf(path);
    if (kind !== "file" && kind !== "link") continue;
    if (await isExecutable(path)) return path;
    throw new Failure("SCRIPT_NOT_EXECUTABLE", `Cannot run ${path}: mend it with ${mend(name)}`);
  }
  return undefined;
}
