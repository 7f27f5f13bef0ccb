import { z } from "zod";
import { Failure } from "../../failure.ts";
import { readTar } from "../tar/read.ts";
import { unpackedBytes } from "../tar/unpacked.ts";

const manifest = z
  .array(z.object({ Config: z.string().max(500) }))
  .length(1, { error: "it must hold one image" });

const MOST_MANIFEST = 1024 * 1024;

/**
 * The bytes of an archive as an engine takes them: not packed, and no more of them than allowed.
 * @throws {Failure} E_TAR_LIMIT, E_TAR_TRUNCATED or E_TAR_FORMAT
 */
export async function* imageBytes(path: string, most: number): AsyncGenerator<Buffer, void> {
  let size = 0;
  for await (const chunk of unpackedBytes(path)) {
    size += chunk.length;
    if (size > most)
      throw new Failure(
        "E_TAR_LIMIT",
        `Cannot load ${path}: it comes to more than the ${most} bytes that are allowed`,
      );
    yield chunk;
  }
}

/**
 * The id of the one image in an archive of `docker save`: the digest of its configuration, after which that file is called.
 * @throws {Failure} IMAGE_INVALID, or E_TAR_LIMIT, E_TAR_TYPE, E_TAR_TRUNCATED or E_TAR_FORMAT
 */
export async function imageIn(path: string, most: number): Promise<string> {
  for await (const member of readTar(imageBytes(path, most))) {
    if (member.name.replace(/^\.\//, "") !== "manifest.json") continue;
    if (member.size > MOST_MANIFEST) throw invalid(path, "its manifest.json is too large");
    const chunks: Buffer[] = [];
    for await (const chunk of member.contents()) chunks.push(chunk);
    return idIn(Buffer.concat(chunks).toString("utf8"), path);
  }
  throw invalid(path, "it has no manifest.json");
}

function idIn(text: string, path: string): string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw invalid(path, "its manifest.json is no JSON");
  }
  const { data, error } = manifest.safeParse(value);
  const id = /^(?:blobs\/sha256\/)?([0-9a-f]{64})(?:\.json)?$/.exec(data?.[0]?.Config ?? "")?.[1];
  if (id === undefined)
    throw invalid(path, error?.issues[0]?.message ?? "its image is not called by a digest");
  return `sha256:${id}`;
}

const invalid = (path: string, why: string): Failure =>
  new Failure("IMAGE_INVALID", `Cannot load ${path} as an image: ${why}`);
