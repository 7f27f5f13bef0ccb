import { readSecret } from "../../lib/config/secrets.ts";
import { ofGit, type SharedSettings } from "../../lib/config/settings.ts";
import type { Surroundings } from "../../lib/daemon/define.ts";
import { Failure } from "../../lib/failure.ts";
import { type RepositoryName, repositoryName } from "../../lib/schema/names.ts";
import type { Secret } from "../../lib/schema/secret.ts";
import type { Forge } from "./forge.ts";
import { type ForgeName, FORGES } from "./forges.ts";
import { placeOf } from "../../lib/schema/place.ts";
import { type HookSettings, pathOf, type Settings } from "./settings.ts";
import { isSigning, keyOf } from "./signatures.ts";

/** A hook that waits to be called. */
export interface Hook {
  readonly name: string;
  readonly kind: ForgeName;
  readonly forge: Forge;
  readonly secrets: readonly Secret[];
  /** The repositories of the configuration that go by a name at the forge. */
  readonly named: (fullName: string) => readonly RepositoryName[];
}

/**
 * The hooks by their paths, with their secrets.
 * @throws {Failure} CONFIG_INVALID for a secret that is not there or easily guessed, or a repository that is not configured
 */
export function openHooks(
  hooks: Settings["hooks"],
  { settings, log }: Pick<Surroundings, "settings" | "log">,
): ReadonlyMap<string, Hook> {
  const opened = new Map<string, Hook>();
  for (const [name, each] of Object.entries(hooks)) {
    const known = announceable(name, each, settings.repositories);
    if (known.size === 0)
      log.warn(
        { hook: name },
        `the hook ${name} can announce nothing: no repository is fetched from its host`,
      );
    opened.set(pathOf(name, each), {
      name,
      kind: each.forge,
      forge: FORGES[each.forge],
      secrets: secretsOf(name, each, settings),
      named: (fullName) => known.get(fullName.toLowerCase()) ?? [],
    });
  }
  return opened;
}

/** A secret that can be guessed lets anybody announce. */
const SHORTEST = 16;

function secretsOf(
  name: string,
  { forge, secret, "former-secret": former }: HookSettings,
  settings: Pick<SharedSettings, "state">,
): Secret[] {
  const what = `webhook.hooks.${name}`;
  const secrets = [secret, ...(former === undefined ? [] : [former])].map((each) =>
    readSecret(each, what, settings),
  );
  for (const each of secrets) {
    if (each.reveal().length < SHORTEST)
      throw refused(what, `it is shorter than ${SHORTEST} characters: openssl rand -hex 32 makes a good one`);
    if (forge === "gitlab" && isSigning(each) && keyOf(each).length < SHORTEST)
      throw refused(what, "it is no signing token: copy the whole of it from GitLab");
  }
  return secrets;
}

const refused = (what: string, why: string): Failure =>
  new Failure("CONFIG_INVALID", `Cannot use the secret of ${what}: ${why}`);

/** The repositories that a hook may announce, by their full names at the forge in lower case, for forges do not tell case apart. */
function announceable(
  name: string,
  { forge, host, repositories: listed }: HookSettings,
  configured: SharedSettings["repositories"],
): ReadonlyMap<string, readonly RepositoryName[]> {
  const known = new Map<string, RepositoryName[]>();
  const add = (fullName: string, repository: string) => {
    const key = fullName.toLowerCase();
    known.set(key, [...(known.get(key) ?? []), repositoryName.parse(repository)]);
  };
  const ours = ofGit(configured);
  if (listed === undefined) {
    for (const [repository, { url }] of Object.entries(ours)) {
      const fullName = fullNameAt(url, forge, host ?? FORGES[forge].host ?? "");
      if (fullName !== undefined) add(fullName, repository);
    }
    return known;
  }
  for (const [repository, fullName] of Object.entries(listed)) {
    if (!Object.hasOwn(ours, repository))
      throw new Failure(
        "CONFIG_INVALID",
        `Cannot announce webhook.hooks.${name}.repositories.${repository}: \`repositories\` has no repository of git of this name`,
      );
    add(fullName, repository);
  }
  return known;
}

/** The full name that a repository has at a forge, where its URL leads there. */
function fullNameAt(url: string, forge: ForgeName, at: string): string | undefined {
  const place = placeOf(url);
  const [host, ...path] = at.toLowerCase().split("/");
  if (place === undefined || place.host !== host) return undefined;
  if (!place.web) return place.path;
  const before = [...path, ...(forge === "bitbucket-dc" ? ["scm"] : [])].map((each) => `${each}/`).join("");
  return place.path.startsWith(before) ? place.path.slice(before.length) : undefined;
}
