import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { samePlace } from "../lib/effects/files.ts";
import { installForGitolite } from "../lib/effects/gitolite.ts";
import { installHook } from "../lib/effects/hooks.ts";
import { isSvn } from "../lib/effects/svn.ts";
import { Failure } from "../lib/failure.ts";
import { type RepositoryName, repositoryName } from "../lib/schema/names.ts";
import { parsed } from "./parsed.ts";
import type { Settings } from "./settings.ts";

/** The hook for pushes, as it is shipped; the others lie beside it. */
const HOOK = fileURLToPath(new URL("../../hooks/post-receive", import.meta.url));

const spoolOf = (settings: Settings): string => {
  const { announcer } = settings as unknown as { readonly announcer: { readonly spool: string } };
  return resolve(settings.state, announcer.spool);
};

/**
 * Has the pushes and commits to a repository announced.
 * @throws {Failure} HOOK_REFUSED or REPOSITORY_INVALID
 */
export async function announcePushes(
  settings: Settings,
  repository: string,
  name: RepositoryName,
): Promise<string[]> {
  const type = (await isSvn(repository)) ? "svn" : "git";
  const configured = settings.repositories[name]?.type ?? type;
  if (configured !== type)
    throw new Failure(
      "HOOK_REFUSED",
      `Cannot install the hook of ${repository}: it is of type ${type}, and ${configured} in the configuration, which must say repositories.${name}.type: ${type}`,
    );
  return installHook({ repository, name, spool: spoolOf(settings), hook: HOOK });
}

/** Has those announced that gitolite serves: all of them, or those that its configuration says. */
export async function announceGitolite(
  settings: Settings,
  home: string,
  perRepository: boolean,
): Promise<string[]> {
  return installForGitolite({ home, spool: spoolOf(settings), hook: HOOK, perRepository });
}

/**
 * The name of the repository at a path: as a person says, or as the configuration has it.
 * @throws {Failure} REPOSITORY_UNKNOWN
 */
export async function nameOf(
  { repositories }: Settings,
  path: string,
  said: string | undefined,
): Promise<RepositoryName> {
  if (said !== undefined) return parsed(repositoryName, said, "--name");
  for (const [name, { url }] of Object.entries(repositories))
    if (url.startsWith("/") && (await samePlace(url, path))) return repositoryName.parse(name);
  throw new Failure(
    "REPOSITORY_UNKNOWN",
    `Cannot tell the name of ${path}: no repository of the configuration has this path; say it with --name`,
  );
}
