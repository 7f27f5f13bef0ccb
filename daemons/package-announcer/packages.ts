import { compareVersions } from "../../lib/schema/debian-version.ts";
import { packageName, packageVersion } from "../../lib/schema/debian.ts";

/** The newest version of each package, by name. */
export type Versions = Readonly<Record<string, string>>;

/** How one package differs between two lists. */
export interface Difference {
  readonly package: string;
  readonly action: "added" | "replaced" | "removed";
  readonly version: string;
  readonly previous?: string;
}

/** Reads a list of packages. What has no right name and version is left out. */
export function readPackages(text: string): Versions {
  const versions = new Map<string, string>();
  for (const stanza of text.split(/\n{2,}/)) {
    const name = packageName.safeParse(/^Package: *(\S+)$/m.exec(stanza)?.[1]);
    const version = packageVersion.safeParse(/^Version: *(\S+)$/m.exec(stanza)?.[1]);
    if (!name.success || !version.success) continue;
    const former = versions.get(name.data);
    if (former === undefined || compareVersions(former, version.data) < 0)
      versions.set(name.data, version.data);
  }
  return Object.fromEntries(versions);
}

/** What changed from one list to another, by name. */
export function differences(before: Versions, after: Versions): readonly Difference[] {
  return [...new Set([...Object.keys(before), ...Object.keys(after)])]
    .sort()
    .flatMap((name): Difference[] => {
      const previous = Object.hasOwn(before, name) ? before[name] : undefined;
      const version = Object.hasOwn(after, name) ? after[name] : undefined;
      if (previous === version) return [];
      if (version === undefined) return [{ package: name, action: "removed", version: previous ?? "" }];
      if (previous === undefined) return [{ package: name, action: "added", version }];
      return [{ package: name, action: "replaced", version, previous }];
    });
}
