import type { z } from "zod";
import { digestOf, digestOfFile } from "../effects/digest.ts";
import { type Objects, type OpenObject, textOf } from "../effects/stores/objects.ts";
import { Failure } from "../failure.ts";
import {
  artifactName,
  type ArtifactName,
  artifactVersion,
  type ArtifactVersion,
  byVersion,
  MASTER,
  targetName,
  type TargetName,
  versionAfter,
} from "../schema/artifacts.ts";
import { appName, type AppName } from "../schema/names.ts";
import type { SignedEnvelope } from "../schema/signed-envelope.ts";
import type { Signer } from "../security/signer.ts";
import { type Artifact, type Line, type Metadata, readMeta, writeMeta } from "./metadata.ts";
import { signArtifact } from "./signature.ts";

/** A version of an artifact as the store has it. */
export interface Stored extends Artifact {
  readonly signed?: SignedEnvelope;
}

interface ToPut {
  readonly file: string;
  /** The one after the latest where it is left out. */
  readonly version?: ArtifactVersion | undefined;
  readonly metadata?: Metadata | undefined;
  readonly signer?: Signer | undefined;
}

/**
 * Artifacts by APP/TARGET/ARTIFACT/VERSION. Laid out as by yodeploy, which can go on with what Skein writes: beside each, its
 * metadata as `VERSION.meta`, and `latest`, which names the last that was put.
 */
export interface Store {
  readonly place: string;
  readonly apps: () => Promise<readonly AppName[]>;
  readonly targets: (app: AppName) => Promise<readonly TargetName[]>;
  readonly artifacts: (app: AppName, target: TargetName) => Promise<readonly ArtifactName[]>;
  /** In natural order, the highest last. */
  readonly versions: (line: Line) => Promise<readonly ArtifactVersion[]>;
  /** @throws {Failure} ARTIFACT_UNKNOWN */
  readonly latest: (line: Line) => Promise<ArtifactVersion>;
  /** @throws {Failure} ARTIFACT_UNKNOWN, ARTIFACT_INVALID */
  readonly describe: (line: Line, version: ArtifactVersion) => Promise<Stored>;
  /** From some byte on, where the store can. @throws {Failure} ARTIFACT_UNKNOWN */
  readonly open: (line: Line, version: ArtifactVersion, from?: number) => Promise<OpenObject>;
  /** The version that a new one would be. */
  readonly next: (line: Line) => Promise<ArtifactVersion>;
  /** Adds a version, and lets `latest` name it. The same again changes nothing. @throws {Failure} ARTIFACT_THERE */
  readonly put: (line: Line, what: ToPut) => Promise<Stored>;
  /** @throws {Failure} ARTIFACT_UNKNOWN */
  readonly delete: (line: Line, version: ArtifactVersion) => Promise<void>;
  /** Deletes all but the highest versions, and what `latest` names. Answers what went. */
  readonly gc: (line: Line, keep: number) => Promise<readonly ArtifactVersion[]>;
  /** Removes what was left by those who were killed while they put; answers how many files. */
  readonly sweep: (line: Line) => Promise<number>;
}

const META = ".meta";

/** A store on whatever keeps its objects. */
export function storeOn(objects: Objects): Store {
  const { place } = objects;
  const folderOf = ({ app, target, artifact }: Line) => `${app}/${target}/${artifact}`;
  const keyOf = (line: Line, name: string) => `${folderOf(line)}/${name}`;
  const unknown = (line: Line, version?: string) =>
    new Failure(
      "ARTIFACT_UNKNOWN",
      `Cannot find ${version === undefined ? "any version" : `version ${version}`} of ${folderOf(line)} in ${place}`,
    );

  const versions = async (line: Line) => {
    const { objects: names } = await objects.list(folderOf(line));
    return fitting(artifactVersion, names).sort(byVersion);
  };
  const named = async (line: Line) => {
    const text = await textOf(objects, keyOf(line, "latest"));
    return text === undefined ? undefined : artifactVersion.safeParse(text.trim()).data;
  };
  const open = async (line: Line, version: ArtifactVersion, from?: number) => {
    const object = await objects.open(keyOf(line, version), from);
    if (object === undefined) throw unknown(line, version);
    return object;
  };
  const describe = async (line: Line, version: ArtifactVersion): Promise<Stored> => {
    const key = keyOf(line, `${version}${META}`);
    const { metadata, own } = readMeta((await textOf(objects, key)) ?? "{}", `${key} of ${place}`);
    // What others put has no digest yet: it is taken of what is there.
    const { signed, ...digest } = own ?? {
      ...(await digestOf((await open(line, version)).bytes)),
      signed: undefined,
    };
    return { ...line, version, ...digest, metadata, ...(signed && { signed }) };
  };
  const next = async (line: Line) => {
    const latest = (await named(line)) ?? (await named({ ...line, target: MASTER }));
    return versionAfter(latest, await versions(line));
  };
  const pointLatest = (line: Line, version: ArtifactVersion) =>
    objects.replace(keyOf(line, "latest"), `${version}\n`);

  const remove = async (line: Line, version: ArtifactVersion) => {
    const others = (await versions(line)).filter((each) => each !== version);
    const highest = others.at(-1);
    // First, so that it never names what is gone.
    if ((await named(line)) === version) {
      if (highest === undefined) await objects.remove(keyOf(line, "latest"));
      else await pointLatest(line, highest);
    }
    await objects.remove(keyOf(line, version));
    await objects.remove(keyOf(line, `${version}${META}`));
  };

  return {
    place,
    apps: async () => fitting(appName, (await objects.list("")).folders).sort(),
    targets: async (app) => fitting(targetName, (await objects.list(app)).folders).sort(),
    artifacts: async (app, target) =>
      fitting(artifactName, (await objects.list(`${app}/${target}`)).folders).sort(),
    versions,
    latest: async (line) => {
      const latest = await named(line);
      if (latest === undefined) throw unknown(line);
      return latest;
    },
    describe,
    open,
    next,
    put: async (line, { file, version: wanted, metadata = {}, signer }) => {
      const version = wanted ?? (await next(line));
      const digest = await digestOfFile(file);
      const about: Artifact = { ...line, version, ...digest, metadata };
      const signed = signer && (await signArtifact(about, signer));
      if (!(await objects.add(keyOf(line, version), { path: file, ...digest }))) {
        const there = await digestOf((await open(line, version)).bytes);
        if (there.sha256 !== digest.sha256)
          throw new Failure(
            "ARTIFACT_THERE",
            `Cannot put version ${version} of ${folderOf(line)}: ${place} has another one, of SHA-256 ${there.sha256}`,
          );
      }
      const own = { ...digest, ...(signed && { signed }) };
      await objects.replace(keyOf(line, `${version}${META}`), writeMeta({ metadata, own }));
      await pointLatest(line, version);
      return { ...about, ...(signed && { signed }) };
    },
    delete: async (line, version) => {
      if (!(await versions(line)).includes(version)) throw unknown(line, version);
      await remove(line, version);
    },
    gc: async (line, keep) => {
      const latest = await named(line);
      const gone = (await versions(line)).slice(0, -keep).filter((each) => each !== latest);
      for (const version of gone) await remove(line, version);
      return gone;
    },
    sweep: async (line) => (await objects.sweep?.(folderOf(line))) ?? 0,
  };
}

/** Names that can be what they should be; whatever else lies there is not ours. */
const fitting = <Schema extends z.ZodType>(schema: Schema, names: readonly string[]): z.infer<Schema>[] =>
  names.flatMap((name) => {
    const result = schema.safeParse(name);
    return result.success ? [result.data] : [];
  });
