import { exec, PLAIN_ENVIRONMENT } from "../../lib/effects/exec.ts";
import { readIfThere, removeFile } from "../../lib/effects/files.ts";
import { replaceServerFile } from "../../lib/effects/server-file.ts";
import { Failure, reasonOf } from "../../lib/failure.ts";
import type { SiteName } from "../../lib/schema/names.ts";
import { fileFor, isOurs, without } from "./file.ts";
import type { Login } from "./login.ts";
import { argvOf, type Site } from "./sites.ts";

/** How long a server may take to look at its configuration, in milliseconds. */
const DEADLINE = 60_000;
const MOST_QUOTED = 1_000;

/**
 * Has a server let in just these logins: its file is replaced, its whole configuration tested, and only then read again. Where
 * the test fails the former file is put back, but for those who are not to be let in any more.
 * @throws {Failure} ACCESS_FILE, ACCESS_CHECK or ACCESS_RELOAD
 */
export async function putInPlace(
  name: SiteName,
  site: Site,
  logins: readonly Login[],
  signal: AbortSignal,
): Promise<void> {
  const { file } = site;
  const wanted = fileFor(name, site, logins);
  const former = await ofFile(file, () => readIfThere(file));
  if (former !== undefined && !isOurs(former))
    throw new Failure("ACCESS_FILE", `Cannot let anybody in at ${name}: ${file} was not made by Skein`);
  const put = (text: string) => ofFile(file, () => replaceServerFile(file, text));
  if (former !== wanted) await put(wanted);

  const flaw = await complaintOf(argvOf("check", site), signal);
  if (flaw !== undefined) {
    if (former === undefined) await ofFile(file, () => removeFile(file));
    else if (former !== wanted) await put(without(former, logins));
    throw new Failure("ACCESS_CHECK", `The server of ${name} was not told of its logins: ${flaw}`);
  }
  const trouble = await complaintOf(argvOf("reload", site), signal);
  if (trouble !== undefined)
    throw new Failure("ACCESS_RELOAD", `The server of ${name} did not read its logins again: ${trouble}`);
}

/** What the file of a site holds. */
export const currentFile = ({ file }: Site): Promise<string | undefined> =>
  ofFile(file, () => readIfThere(file));

async function ofFile<Result>(file: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (cause) {
    throw new Failure("ACCESS_FILE", `Cannot use ${file}: ${reasonOf(cause)}`, { cause });
  }
}

/** Runs a program of the server; answers why it is not content, where it is not. */
async function complaintOf(argv: readonly string[], signal: AbortSignal): Promise<string | undefined> {
  const [program = "", ...args] = argv;
  try {
    const options = { env: PLAIN_ENVIRONMENT, timeout: DEADLINE, most: 64 * 1024, signal };
    const { code, outcome, stdout, stderr } = await exec(program, args, options);
    if (outcome !== "ended") return `${argv.join(" ")} ${outcome}`;
    if (code === 0) return undefined;
    const said = (stderr === "" ? stdout.toString("utf8").trim() : stderr).slice(-MOST_QUOTED);
    return `${argv.join(" ")} ended with ${code}${said === "" ? "" : `: ${said}`}`;
  } catch (error) {
    return reasonOf(error);
  }
}
