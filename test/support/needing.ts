import { accessSync, constants, existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe } from "vitest";

const FOLDERS = [...(process.env["PATH"] ?? "").split(":"), "/usr/sbin", "/usr/local/sbin", "/sbin"];

/** Names the user who may do everything, where a test needs it: no package brings that. */
export const ROOT = "root";

function isThere(program: string): boolean {
  if (program === ROOT) return process.getuid?.() === 0;
  // Where there is no program to tell by, a file of the package is named.
  if (program.startsWith("/")) return existsSync(program);
  return pathOf(program) !== undefined;
}

/** Where a program is; a `*` in its name stands for its version, where that is a part of the name. */
export function pathOf(program: string): string | undefined {
  const [before = "", after] = program.split("*");
  const fits = (name: string) =>
    after === undefined
      ? name === program
      : name.startsWith(before) && name.endsWith(after) && /\d/.test(name);
  return FOLDERS.flatMap((folder) =>
    namesIn(folder)
      .filter(fits)
      .map((name) => join(folder, name)),
  ).find(canRun);
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function canRun(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * Describes tests that need programs which not every machine has, each with Debian's package of it. Where one is missing they
 * are skipped, and say so; where CI runs them, nothing may be skipped.
 */
export function describeNeeding(
  programs: Readonly<Record<string, string>>,
  name: string,
  tests: () => void,
): void {
  const missing = Object.entries(programs).flatMap(([program, debian]) => (isThere(program) ? [] : [debian]));
  const said = missing.length === 0 ? name : `${name} [skipped: it needs ${missing.join(", ")}]`;
  const describing = missing.length === 0 ? describe : describe.skip;
  describing(said, tests);
}
