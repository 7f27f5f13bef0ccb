import { readFileSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { Failure, reasonOf } from "../failure.ts";
import { Secret, type SecretSource } from "../schema/secret.ts";
import type { SharedSettings } from "./settings.ts";

/**
 * Reads a secret from where the configuration says that it is. The line end of a file does not count. A relative path is
 * taken from the state folder.
 * @throws {Failure} CONFIG_INVALID where it is not there, is empty, or is a file that everybody may read
 */
export function readSecret(
  source: SecretSource,
  what: string,
  { state }: Pick<SharedSettings, "state">,
): Secret {
  const [where, value] =
    "file" in source ? fromFile(resolve(state, source.file), what) : fromEnvironment(source.env);
  if (value === undefined || value === "") throw refused(what, `${where} is empty or not there`);
  return new Secret(value);
}

function fromFile(path: string, what: string): readonly [string, string] {
  try {
    const { mode } = statSync(path);
    if ((mode & 0o007) !== 0) throw refused(what, `everybody may read ${path}: chmod o= ${path}`);
    return [path, readFileSync(path, "utf8").replace(/\r?\n$/, "")];
  } catch (cause) {
    throw cause instanceof Failure ? cause : refused(what, reasonOf(cause), cause);
  }
}

const fromEnvironment = (name: string): readonly [string, string | undefined] => [
  `the variable ${name}`,
  process.env[name],
];

const refused = (what: string, why: string, cause?: unknown): Failure =>
  new Failure("CONFIG_INVALID", `Cannot read the secret of ${what}: ${why}`, { cause });
