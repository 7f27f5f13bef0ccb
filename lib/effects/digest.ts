import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { sha256, type Sha256 } from "../schema/artifacts.ts";

/** What a file is known by, wherever it lies. */
export interface Digest {
  readonly sha256: Sha256;
  readonly size: number;
}

/** Takes the digest of bytes as they pass. */
export function takeDigest(): { readonly add: (chunk: Uint8Array) => void; readonly taken: () => Digest } {
  const hash = createHash("sha256");
  let size = 0;
  return {
    add: (chunk) => {
      hash.update(chunk);
      size += chunk.length;
    },
    taken: () => ({ sha256: sha256.parse(hash.digest("hex")), size }),
  };
}

/** The digest of all that comes. */
export async function digestOf(bytes: AsyncIterable<Uint8Array>): Promise<Digest> {
  const { add, taken } = takeDigest();
  for await (const chunk of bytes) add(chunk);
  return taken();
}

/** The digest of a file. */
export const digestOfFile = (path: string): Promise<Digest> =>
  digestOf(createReadStream(path) as AsyncIterable<Buffer>);
