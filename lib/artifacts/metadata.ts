import { z } from "zod";
import { Failure } from "../failure.ts";
import { artifactName, artifactVersion, sha256, targetName } from "../schema/artifacts.ts";
import { appName } from "../schema/names.ts";
import { signedEnvelope } from "../schema/signed-envelope.ts";

/** What a person, or a build, says of an artifact: any JSON object. */
export const metadata = z.record(z.string().max(200), z.json());
export type Metadata = z.infer<typeof metadata>;

/** Where an artifact has its versions. */
export const line = z.object({ app: appName, target: targetName, artifact: artifactName });
export type Line = z.infer<typeof line>;

/** One version of an artifact. */
export const artifact = line.extend({
  version: artifactVersion,
  sha256,
  size: z.int().min(0),
  metadata,
});
export type Artifact = z.infer<typeof artifact>;

/** What stands under this name in the metadata is Skein's own. */
const OWN = "skein";

const own = z.object({ sha256, size: z.int().min(0), signed: signedEnvelope.optional() });
type Own = z.infer<typeof own>;

/** What the `.meta` beside an artifact says. One of the older kit has nothing of Skein's own. */
export interface Meta {
  readonly metadata: Metadata;
  readonly own: Own | undefined;
}

/**
 * Reads the `.meta` of an artifact.
 * @throws {Failure} ARTIFACT_INVALID
 */
export function readMeta(text: string, where: string): Meta {
  const invalid = (cause?: unknown) =>
    new Failure("ARTIFACT_INVALID", `Cannot read ${where}: it is not what Skein or the older kit writes`, {
      cause,
    });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw invalid(cause);
  }
  const all = metadata.safeParse(value);
  if (!all.success) throw invalid(all.error);
  const { [OWN]: ours, ...theirs } = all.data;
  if (ours === undefined) return { metadata: theirs, own: undefined };
  const known = own.safeParse(ours);
  if (!known.success) throw invalid(known.error);
  return { metadata: theirs, own: known.data };
}

/** Writes the `.meta` of an artifact. */
export const writeMeta = ({ metadata, own }: Meta): string => JSON.stringify({ ...metadata, [OWN]: own });

/**
 * Metadata that a person gives.
 * @throws {Failure} INPUT_INVALID
 */
export function metadataFrom(value: unknown, where: string): Metadata {
  const result = metadata.safeParse(value);
  if (!result.success) throw new Failure("INPUT_INVALID", `Cannot use ${where}: it must be a JSON object`);
  if (!Object.hasOwn(result.data, OWN)) return result.data;
  throw new Failure("INPUT_INVALID", `Cannot use ${where}: the key ${OWN} is Skein's own`);
}
