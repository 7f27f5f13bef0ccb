import { createHash } from "node:crypto";
import { z } from "zod";
import type { VerifyClearSigned } from "../../lib/effects/gpgv.ts";
import { unpack } from "../../lib/effects/unpack.ts";
import { Failure } from "../../lib/failure.ts";
import { packages } from "../../lib/messages/catalogue/packages.ts";
import { differences, readPackages, type Versions } from "./packages.ts";
import type { Read } from "./reader.ts";
import {
  type Index,
  indicesOf,
  type ListedFile,
  placeOf,
  readRelease,
  type Release,
  withoutArmour,
} from "./release.ts";
import type { Change } from "./spooled.ts";

/** What was last seen of an archive. */
export const seen = z.object({
  tag: z.string().optional(),
  /** The date that the archive gives itself. */
  date: z.string(),
  /** By `COMPONENT/ARCHITECTURE`. */
  indices: z.record(z.string(), z.object({ digest: z.string(), versions: z.record(z.string(), z.string()) })),
});
export type Seen = z.infer<typeof seen>;

/** An archive that is looked at from outside. */
export interface Archive {
  readonly name: string;
  readonly suite: string;
  readonly components: readonly string[];
  readonly architectures: readonly string[];
  /** With which keys it must be signed; where it is left out, nothing is verified. */
  readonly keyring: string | undefined;
  readonly read: Read;
  readonly verify: VerifyClearSigned;
}

const MOST_RELEASE = 8 * 1024 * 1024;
const MOST_INDEX = 256 * 1024 * 1024;
const DEADLINE = 20_000;
const DEADLINE_INDEX = 120_000;

/**
 * Looks at an archive: what changed since it was last seen. Undefined where nothing did. At the first look everything is
 * taken as known.
 * @throws {Failure} ARCHIVE_UNREACHABLE, ARCHIVE_SIGNATURE or ARCHIVE_EXPIRED; then nothing of it counts as seen
 */
export async function lookAt(
  archive: Archive,
  former: Seen | undefined,
  now: Date,
): Promise<{ readonly seen: Seen; readonly changes: readonly Change[] } | undefined> {
  const { keyring, verify } = archive;
  const found = await readState(archive, former?.tag);
  if (found === "same") return undefined;
  const text =
    keyring === undefined ? withoutArmour(found.body.toString("utf8")) : await verify(found.body, keyring);
  const release = readRelease(text);
  insistOnTime(archive, release, former, now);
  const changes: Change[] = [];
  const indices: Record<string, Seen["indices"][string]> = { ...former?.indices };
  for (const index of indicesOf(release, archive)) {
    const key = `${index.component}/${index.architecture}`;
    const digest = (index.contents ?? index).digest;
    const before = Object.hasOwn(indices, key) ? indices[key] : undefined;
    if (before?.digest === digest) continue;
    const versions = readPackages((await fetchIndex(archive, release, index)).toString("utf8"));
    indices[key] = { digest, versions };
    if (before !== undefined)
      changes.push(...changesOf(archive, index, release, [before.versions, versions]));
  }
  const date = release.date.toISOString();
  return { seen: { ...(found.tag === undefined ? {} : { tag: found.tag }), date, indices }, changes };
}

/** What an archive says of itself. One that is not signed may have only `Release`. */
async function readState({ name, read, suite, keyring }: Archive, tag: string | undefined) {
  for (const file of keyring === undefined ? ["InRelease", "Release"] : ["InRelease"]) {
    const found = await read(`dists/${suite}/${file}`, { most: MOST_RELEASE, deadline: DEADLINE, tag });
    if (found !== "missing") return found;
  }
  throw new Failure(
    "ARCHIVE_UNREACHABLE",
    `Cannot read what the archive ${name} says of ${suite}: there is no dists/${suite}/InRelease`,
    { transient: true },
  );
}

/** An old state that was signed rightly once must not be taken for news. */
function insistOnTime({ name }: Archive, release: Release, former: Seen | undefined, now: Date): void {
  if (release.validUntil !== undefined && release.validUntil < now)
    throw new Failure(
      "ARCHIVE_EXPIRED",
      `What the archive ${name} says of itself was valid until ${release.validUntil.toISOString()}`,
    );
  if (former !== undefined && release.date < new Date(former.date))
    throw new Failure(
      "ARCHIVE_EXPIRED",
      `The archive ${name} shows its state of ${release.date.toISOString()}, but has shown that of ${former.date} before`,
    );
}

async function fetchIndex({ name, read, suite }: Archive, release: Release, index: Index): Promise<Buffer> {
  const path = `dists/${suite}/${placeOf(index, release)}`;
  if (index.size > MOST_INDEX)
    throw new Failure(
      "ARCHIVE_UNREACHABLE",
      `Cannot read ${path} of ${name}: it is larger than ${MOST_INDEX} bytes`,
    );
  const found = await read(path, { most: index.size + 1, deadline: DEADLINE_INDEX });
  const packed = typeof found === "string" ? Buffer.alloc(0) : found.body;
  insistOnDigest(`${path} of ${name}`, packed, index);
  const unpacked = await unpack(packed, index.packing, index.contents?.size ?? MOST_INDEX);
  if (index.contents !== undefined) insistOnDigest(`${path} of ${name}, unpacked,`, unpacked, index.contents);
  return unpacked;
}

function insistOnDigest(what: string, bytes: Buffer, { size, digest }: ListedFile): void {
  if (bytes.length === size && createHash("sha256").update(bytes).digest("hex") === digest) return;
  throw new Failure(
    "ARCHIVE_UNREACHABLE",
    `${what} is not what InRelease says: the mirror may be in the middle of an update`,
    {
      transient: true,
    },
  );
}

const changesOf = (
  { name, suite }: Archive,
  { component, architecture }: Index,
  { date }: Release,
  [before, after]: readonly [Versions, Versions],
): Change[] =>
  differences(before, after).map((difference) =>
    packages["package.published"].data.parse({
      repository: name,
      suite,
      component,
      architecture,
      ...difference,
      at: date.toISOString(),
    }),
  );
