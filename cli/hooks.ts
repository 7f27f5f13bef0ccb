import { realpathSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { installHook, uninstallHook } from "../lib/effects/hooks.ts";
import { Failure } from "../lib/failure.ts";
import { type RepositoryName, repositoryName } from "../lib/schema/names.ts";
import { parsed } from "./parsed.ts";
import type { Settings } from "./settings.ts";

/** The hook, as it is shipped. */
const HOOK = fileURLToPath(new URL("../../hooks/post-receive", import.meta.url));

/** Has the pushes to a repository announced. */
export async function announcePushes(
  settings: Settings,
  repository: string,
  name: RepositoryName,
): Promise<string> {
  const { announcer } = settings as unknown as { readonly announcer: { readonly spool: string } };
  return installHook({ repository, name, spool: resolve(settings.state, announcer.spool), hook: HOOK });
}

/** Has them announced no more. */
export const announceNoPushes = (repository: string): Promise<string> => uninstallHook({ repository });

/**
 * The name of the repository at a path: as a person says, or as the configuration has it.
 * @throws {Failure} REPOSITORY_UNKNOWN
 */
export function nameOf({ repositories }: Settings, path: string, said: string | undefined): RepositoryName {
  if (said !== undefined) return parsed(repositoryName, said, "--name");
  const found = Object.entries(repositories).find(([, { url }]) => url.startsWith("/") && same(url, path));
  if (found !== undefined) return repositoryName.parse(found[0]);
  throw new Failure(
    "REPOSITORY_UNKNOWN",
    `Cannot tell the name of ${path}: no repository of the configuration has this path; say it with --name`,
  );
}

function same(one: string, other: string): boolean {
  try {
    return realpathSync(one) === realpathSync(other);
  } catch {
    return false;
  }
}
