import type { Installed } from "../../lib/effects/apt.ts";
import type { Upgradable } from "../../lib/messages/catalogue/packages.ts";
import { compareVersions } from "../../lib/schema/debian-version.ts";
import { packageName, packageVersion } from "../../lib/schema/debian.ts";

/** What apt knows of a package. */
export interface Policy {
  /** What it would install; undefined where it would install nothing. */
  readonly candidate: string | undefined;
  /** Every version that it can see, and how much it is preferred. */
  readonly versions: ReadonlyMap<string, number>;
}

/** Reads what `LC_ALL=C apt-cache policy PACKAGES` prints. */
export function readPolicies(text: string): ReadonlyMap<string, Policy> {
  const policies = new Map<string, { candidate: string | undefined; versions: Map<string, number> }>();
  let current: { candidate: string | undefined; versions: Map<string, number> } | undefined;
  for (const line of text.split("\n")) {
    const [, name] = /^([a-z0-9][a-z0-9+.-]+)(?::[a-z0-9-]+)?:$/.exec(line) ?? [];
    if (name !== undefined) {
      current = { candidate: undefined, versions: new Map() };
      policies.set(name, current);
      continue;
    }
    const [, candidate] = /^ {2}Candidate: (\S+)$/.exec(line) ?? [];
    if (candidate !== undefined && candidate !== "(none)" && current !== undefined)
      current.candidate = candidate;
    // Deeper than this are the places that a version comes from.
    const [, version, priority] = /^ (?:\*\*\*| {3}) (\S+) (-?\d+)(?: \(.*\))?$/.exec(line) ?? [];
    if (version !== undefined) current?.versions.set(version, Number(priority));
  }
  return policies;
}

/** Whether a version, or a newer one, can be seen. Where none is named, whether any can. */
export function isVisible({ versions }: Policy, version: string | undefined): boolean {
  return [...versions.keys()].some((each) => version === undefined || compareVersions(each, version) >= 0);
}

/** What could be upgraded of a package, and what keeps apt from it; undefined where nothing newer is there. */
export function upgradableOf(
  name: string,
  installed: Installed,
  { candidate, versions }: Policy,
): Upgradable | undefined {
  const newer = (version: string) => compareVersions(version, installed.version) > 0;
  const newest = [...versions.keys()].filter(newer).sort(compareVersions).at(-1);
  const wanted = candidate !== undefined && newer(candidate) ? candidate : undefined;
  const shown = wanted ?? newest;
  const parsed = packageVersion.safeParse(shown);
  const from = packageVersion.safeParse(installed.version);
  const known = packageName.safeParse(name);
  if (shown === undefined || !parsed.success || !from.success || !known.success) return undefined;
  const pinned = `pinned: apt prefers ${candidate ?? "none"}, for ${shown} has priority ${versions.get(shown) ?? 0}`;
  const reason = installed.held ? "held" : wanted === undefined ? pinned : undefined;
  return {
    package: known.data,
    installed: from.data,
    candidate: parsed.data,
    ...(reason === undefined ? {} : { reason }),
  };
}
