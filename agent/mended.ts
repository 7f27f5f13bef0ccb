import { isDamage } from "../lib/effects/git.ts";
import { Failure, reasonOf } from "../lib/failure.ts";
import type { RepositoryName } from "../lib/schema/names.ts";
import type { Work } from "./work.ts";

/**
 * Does what reads mirrors. Where one of them turns out to be damaged, it is fetched anew, and all of it is done once more.
 * @throws {Failure} MIRROR_DAMAGED where that cannot be; and whatever else goes wrong
 */
export async function mended(
  repositories: readonly RepositoryName[],
  { mirrors, log, name }: Pick<Work, "mirrors" | "log" | "name">,
  act: () => Promise<void>,
): Promise<void> {
  try {
    return await act();
  } catch (error) {
    if (!isDamage(error)) throw error;
    const all = [...new Set(repositories)];
    const named = all.filter((each) => reasonOf(error).includes(mirrors.of(each).folder));
    for (const repository of named.length > 0 ? named : all) {
      log.warn(
        { app: name, error },
        `the mirror of ${repository} is damaged, and is fetched anew: ${reasonOf(error)}`,
      );
      await mirrors.renew(repository).catch((cause: unknown) => {
        throw new Failure(
          "MIRROR_DAMAGED",
          `The mirror of ${repository} is damaged (${reasonOf(error)}), and cannot be mended: ${reasonOf(cause)}`,
          { cause, transient: true },
        );
      });
    }
  }
  return act();
}
