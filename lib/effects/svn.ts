import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Failure } from "../failure.ts";
import { exec } from "./exec.ts";
import { kindOf } from "./files.ts";
import { cut, MOST_MESSAGE, MOST_NAME } from "./git/log.ts";

/** What one revision did to one path. The path of a folder ends with a slash; none begins with one. */
export interface Change {
  readonly path: string;
  readonly did: "added" | "copied" | "deleted" | "changed";
}

/** Who committed a revision, when, and what they said of it. */
export interface Told {
  readonly author: string;
  readonly at: Date;
  readonly message: string;
}

/** A repository of Subversion on this machine, as `svnlook` tells of it. */
export interface Svn {
  /** What tells it from another one that was put in its place. */
  identity(): Promise<string>;
  /** The number of its newest revision. */
  youngest(): Promise<number>;
  told(revision: number): Promise<Told>;
  changes(revision: number): Promise<Change[]>;
  /** The names of the folders in a folder; none where it is not there. */
  folders(revision: number, path: string): Promise<string[]>;
  /** The last revision, up to one, in which something at a path or below changed. */
  lastChange(revision: number, path: string): Promise<number | undefined>;
}

/** The whole environment: nothing is inherited. Without a locale that has all characters, those that it lacks are lost. */
const ENVIRONMENT = {
  PATH: "/usr/local/bin:/usr/bin:/bin",
  HOME: "/nonexistent",
  LC_ALL: "C.UTF-8",
  TZ: "UTC",
};
const DEADLINE = 60_000;
/** As many bytes are read of what a revision is told with: more than what is told of it. */
const MOST_TOLD = 64 * 1024;

/** Whether a folder is a repository of Subversion. Found by looking, not by asking. */
export async function isSvn(path: string): Promise<boolean> {
  const found = await Promise.all(["format", "db/uuid", "hooks"].map((each) => kindOf(join(path, each))));
  return found.every((kind) => kind !== undefined);
}

/**
 * Opens somebody's repository.
 * @throws {Failure} REPOSITORY_INVALID
 */
export async function openSvn(path: string): Promise<Svn> {
  if (await isSvn(path)) return svnOn(path);
  throw new Failure("REPOSITORY_INVALID", `Cannot use ${path}: it is not a repository of Subversion`);
}

function svnOn(folder: string): Svn {
  const at = (revision: number) => ["-r", `${revision}`, folder];
  const text = async (...args: string[]) => (await svnlook(folder, args)).toString("utf8");
  /** Of a path that is not there, nothing is told. */
  const below = async (command: string[], revision: number, path: string) =>
    text(...command, ...at(revision), `/${path}`).catch((error: unknown) => {
      if (error instanceof Failure && /E160013|E195012/.test(error.message)) return "";
      throw error;
    });
  return {
    identity: async () => (await readFile(join(folder, "db", "uuid"), "utf8")).split("\n")[0] ?? "",
    youngest: async () => numberIn(folder, await text("youngest", folder)),
    told: async (revision) => {
      const [author, date, log] = await Promise.all(
        ["author", "date", "log"].map((each) => svnlook(folder, [each, ...at(revision)], MOST_TOLD)),
      );
      return {
        author: cut(String(author).trim(), MOST_NAME),
        at: dateIn(String(date)),
        message: cut(String(log).trimEnd(), MOST_MESSAGE),
      };
    },
    changes: async (revision) => changesIn(await text("changed", "--copy-info", ...at(revision))),
    folders: async (revision, path) => foldersIn(await below(["tree", "-N"], revision, path)),
    lastChange: async (revision, path) => {
      const [, number] = /^ *(\d+) +\//m.exec(await below(["history", "-l", "1"], revision, path)) ?? [];
      return number === undefined ? undefined : Number(number);
    },
  };
}

/** The only way to `svnlook`: no shell, and what it is asked for is the path of a folder, a number, or a path that begins with a slash. */
async function svnlook(folder: string, args: readonly string[], most?: number): Promise<Buffer> {
  const { code, stdout, stderr, outcome } = await exec("svnlook", args, {
    env: ENVIRONMENT,
    timeout: DEADLINE,
    ...(most === undefined ? {} : { most }),
  });
  const what = `svnlook ${args[0]} of ${folder}`;
  if (outcome !== "ended")
    throw new Failure("COMMAND_TIMEOUT", `Cannot finish ${what}: it ran too long`, { transient: true });
  if (code !== 0) throw new Failure("SVN_FAILED", `Cannot finish ${what}: ${stderr.slice(-1_000)}`);
  return stdout;
}

function numberIn(folder: string, printed: string): number {
  const number = Number(printed.trim());
  if (Number.isSafeInteger(number) && printed.trim() !== "") return number;
  throw new Failure("SVN_FAILED", `Cannot tell the newest revision of ${folder}: svnlook gave no number`);
}

/** `2026-11-20 23:28:19 +0000 (Fri, 20 Nov 2026)`; an administrator may have taken the date of a revision away. */
function dateIn(printed: string): Date {
  const [, day, time, zone] = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d) ([+-]\d{4})/.exec(printed) ?? [];
  const date = new Date(`${day}T${time}${zone}`);
  return Number.isNaN(date.getTime()) ? new Date(0) : date;
}

/** Lines such as `A + tags/1.0/`, that of a copy followed by `    (from trunk/:r2)`. No path of Subversion holds a line end. */
export function changesIn(printed: string): Change[] {
  return printed.split("\n").flatMap((line) => {
    const [, first, copied, path] = /^([ADU_])[U ]([+ ]) (.+)$/s.exec(line) ?? [];
    if (path === undefined) return [];
    const did = first === "D" ? "deleted" : first !== "A" ? "changed" : copied === "+" ? "copied" : "added";
    return [{ path, did }];
  });
}

/** The first line is the folder itself; what is in it is one blank further in. */
const foldersIn = (printed: string): string[] =>
  printed
    .split("\n")
    .slice(1)
    .flatMap((line) => (line.startsWith(" ") && line.endsWith("/") ? [line.slice(1, -1)] : []));
