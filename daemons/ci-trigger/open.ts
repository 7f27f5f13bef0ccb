import { join } from "node:path";
import { openCiServer } from "../../lib/config/ci-servers.ts";
import { readSecret } from "../../lib/config/secrets.ts";
import type { SharedSettings } from "../../lib/config/settings.ts";
import type { Surroundings } from "../../lib/daemon/define.ts";
import { http } from "../../lib/effects/http.ts";
import { Failure } from "../../lib/failure.ts";
import { isLoopback } from "../../lib/schema/address.ts";
import type { Following } from "./around.ts";
import { leaveBuilds, shareBuilds } from "./builds.ts";
import type { Settings } from "./settings.ts";

/**
 * Opens the servers, and the builds that are followed.
 * @throws {Failure} CONFIG_INVALID for a secret that cannot be read, or a name that is taken
 */
export async function openFollowing(config: Settings, { settings, log }: Surroundings): Promise<Following> {
  insistOnNames(config, settings);
  const servers = Object.entries(config.servers).map(
    ([name, each]) => [name, openCiServer(name, each, settings, http)] as const,
  );
  const tokens = Object.entries(config.jobs).flatMap(([name, { token }]) =>
    token === undefined ? [] : [[name, readSecret(token, `the job ${name}`, settings)] as const],
  );
  for (const [name, { insecure, url }] of Object.entries(config.servers))
    if (insecure && url.startsWith("http:") && !isLoopback(new URL(url).hostname))
      log.warn({ server: name }, `the CI server ${name} is spoken to without TLS: others can read its token`);
  for (const [name, { repository }] of Object.entries(config.jobs))
    if (!Object.hasOwn(settings.repositories, repository))
      log.warn({ job: name }, `the job ${name} builds ${repository}, which is not among the repositories`);
  const folder = join(settings.state, "ci-trigger");
  const onDamaged = (file: string) =>
    log.error({ file }, "a build that was followed cannot be read; it is set aside");
  return {
    folder,
    builds: await shareBuilds(folder, onDamaged),
    servers: new Map(servers),
    tokens: new Map(tokens),
    troubled: new Set(),
    passes: new Map(),
  };
}

/** @throws {Failure} CONFIG_INVALID where two builds would have the same id */
function insistOnNames({ jobs }: Settings, { repositories }: SharedSettings): void {
  const both = Object.keys(jobs).find(
    (name) =>
      Object.hasOwn(repositories, name) &&
      (repositories as Readonly<Record<string, { ci: boolean }>>)[name]?.ci,
  );
  if (both !== undefined)
    throw new Failure(
      "CONFIG_INVALID",
      `Cannot use ci-trigger.jobs.${both}: the builds of the repository ${both} have this name, for it says \`ci: true\``,
    );
}

/** Waits for what is under way, and closes them. */
export async function closeFollowing({ folder, passes }: Following): Promise<void> {
  await Promise.all(passes.values());
  leaveBuilds(folder);
}
