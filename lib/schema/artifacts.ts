import { z } from "zod";
import { digest, named } from "./names.ts";

/** An artifact store, as the configuration calls it. */
export const storeName = named<"StoreName">(/^[a-z0-9][a-z0-9_-]{0,63}$/, "a store name such as builds");

/** A line of artifacts of an app, such as `master`. */
export const targetName = named<"TargetName">(
  /^(?!.*\.\.)(?!.*(\.lock|\.)$)[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/,
  "a target such as master",
);
export type TargetName = z.infer<typeof targetName>;

/** What is built of an app, such as `shop.tar.gz`. */
export const artifactName = named<"ArtifactName">(
  /^(?!.*\.\.)[A-Za-z0-9][A-Za-z0-9._+-]{0,199}$/,
  "an artifact name such as shop.tar.gz",
);
export type ArtifactName = z.infer<typeof artifactName>;

/** One of its versions. `latest` is not one, and what ends in `.meta` is about one. */
export const artifactVersion = named<"ArtifactVersion">(
  /^(?!latest$)(?!.*\.(meta|lock)$)(?!.*\.\.)(?!.*\.$)[A-Za-z0-9][A-Za-z0-9._+-]{0,99}$/,
  "a version such as 1.4.2, which is not latest and does not end in .meta",
);
export type ArtifactVersion = z.infer<typeof artifactVersion>;

/** SHA-256 of a file, in hexadecimal digits. */
export const sha256 = digest;
export type Sha256 = z.infer<typeof sha256>;

/** The target where none is named. */
export const MASTER = targetName.parse("master");

/** Natural order: digits count as the number that they are, so that 1.9 comes before 1.10. */
export function byVersion(one: string, other: string): number {
  const [these, those] = [one, other].map((each) => each.split(/(\d+)/));
  for (let at = 0; these !== undefined && those !== undefined; at += 1) {
    const [a, b] = [these[at], those[at]];
    if (a === undefined || b === undefined)
      return (a === undefined ? 0 : 1) - (b === undefined ? 0 : 1) || plain(one, other);
    const [x, y] = at % 2 === 0 ? [a, b] : [padded(a, b), padded(b, a)];
    if (x !== y) return plain(x, y);
  }
  return 0;
}

const plain = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0);

const padded = (digits: string, other: string): string => digits.padStart(other.length, "0");

/** The version after one: 0 is the first, 41.1 comes after 41, 12.10 after 12.9. */
export function versionAfter(latest: string | undefined, taken: readonly string[]): ArtifactVersion {
  const [, before, last] = /^(.*\.)(\d{1,15})$/.exec(latest ?? "") ?? [];
  let next = latest === undefined ? "0" : last === undefined ? `${latest}.1` : `${before}${Number(last) + 1}`;
  // The latest may have been put out of order.
  while (taken.includes(next)) next = versionAfter(next, []);
  return artifactVersion.parse(next);
}

/** The ref that a version goes by: what policies are about. */
export const refOfArtifact = (target: TargetName, version: ArtifactVersion): string =>
  `refs/artifacts/${target}/${version}`;

/**
 * The target and the version that a ref names.
 * @throws where it is no ref of an artifact
 */
export function artifactInRef(ref: string): {
  readonly target: TargetName;
  readonly version: ArtifactVersion;
} {
  const [, target, version] = /^refs\/artifacts\/([^/]+)\/([^/]+)$/.exec(ref) ?? [];
  return { target: targetName.parse(target), version: artifactVersion.parse(version) };
}
