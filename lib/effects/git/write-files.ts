import { randomBytes } from "node:crypto";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Revision } from "../../schema/names.ts";
import { pipe } from "../pipe.ts";
import { type BytePath, readable } from "../trees/bytes.ts";
import { indexOf } from "./index-file.ts";
import type { TreeFile } from "./listing.ts";
import { failureOf, git, gitProgram } from "./run.ts";

/** How many processes of git write a large tree: a release must not take a whole machine from what runs on it. */
const WORKERS = 4;
const DEADLINE = 900_000;

/**
 * Writes files of a repository into a folder, as a checkout would: line ends and the like as the .gitattributes among
 * them, and in the folder, want it. Its index is of its own: a git that was killed leaves no lock that stops the next.
 */
export async function writeFiles(folder: string, files: readonly TreeFile[], into: string): Promise<void> {
  if (files.length === 0) return;
  const index = join(folder, `skein-index-${randomBytes(8).toString("hex")}`);
  const call = { environment: { GIT_INDEX_FILE: index }, timeout: DEADLINE };
  try {
    await writeFile(index, indexOf(files), { flag: "wx", mode: 0o600 });
    const options = ["-c", `checkout.workers=${WORKERS}`, `--work-tree=${into}`];
    await git(folder, [...options, "checkout-index", "-z", "--stdin", "--force", "--quiet"], {
      ...call,
      input: Buffer.from(files.map(({ path }) => `${path}\0`).join(""), "latin1"),
    });
  } finally {
    await rm(index, { force: true });
    await rm(`${index}.lock`, { force: true });
  }
}

/** What of a commit is exported: all of it, only these paths, or all but these. */
export type Part = { readonly only?: readonly BytePath[]; readonly but?: readonly BytePath[] };

const TAR = { program: "tar", env: { PATH: "/usr/bin:/bin", LC_ALL: "C" } };

/** Writes what `git archive` of a commit has into a folder: what is not to be exported is left out, and `$Format$` filled in. */
export async function exportFiles(
  folder: string,
  commit: Revision,
  into: string,
  { only = [], but = [] }: Part = {},
): Promise<void> {
  const paths = [
    ...only.map((path) => `:(top,literal)${readable(path)}`),
    ...but.map((path) => `:(top,literal,exclude)${readable(path)}`),
  ];
  const settings = ["-c", "tar.umask=0022"];
  const archive = gitProgram(folder, [...settings, "archive", "--format=tar", commit, "--", ...paths]);
  const unpack = [
    "--extract",
    "--same-permissions",
    "--no-same-owner",
    "--touch",
    `--directory=${into}`,
    "--file=-",
  ];
  const [packing, unpacking] = await pipe(archive, { ...TAR, args: unpack }, DEADLINE);
  if (packing.code === 0 && unpacking.code === 0) return;
  // Where tar fails, git only tells that nobody listens; where git fails, tar that there is nothing.
  const [what, { code, stderr }] =
    packing.code !== 0 && packing.stderr !== "" ? ["git archive", packing] : ["tar", unpacking];
  throw failureOf(`${what} of ${commit} in ${folder}`, stderr === "" ? `exit status ${code}` : stderr);
}
