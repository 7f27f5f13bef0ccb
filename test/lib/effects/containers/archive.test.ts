import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { imageIn } from "../../../../lib/effects/containers/archive.ts";
import { aFolder } from "../../../support/folder.ts";
import { aTar } from "../../../support/tar.ts";

const ID = "a".repeat(64);
const MOST = 1024 * 1024;

function anArchive(manifest: unknown, packed = false): string {
  const path = join(aFolder(), "image");
  const contents = typeof manifest === "string" ? manifest : JSON.stringify(manifest);
  const archive = aTar({ name: "layer.tar", contents: "x" }, { name: "manifest.json", contents });
  writeFileSync(path, packed ? gzipSync(archive) : archive);
  return path;
}

test.each([
  ["older engines", `${ID}.json`, false],
  ["newer ones", `blobs/sha256/${ID}`, false],
  ["packed ones", `${ID}.json`, true],
])(
  "the image of an archive is known by the digest of its configuration: %s",
  async (_what, Config, packed) => {
    expect(await imageIn(anArchive([{ Config }], packed), MOST)).toBe(`sha256:${ID}`);
  },
);

test.each([
  ["no image", []],
  ["two of them", [{ Config: `${ID}.json` }, { Config: `${ID}.json` }]],
  ["one that is not called by a digest", [{ Config: "../../etc/passwd" }]],
  ["no JSON", "geese"],
  ["something else", { Config: ID }],
])("an archive that holds %s is refused", async (_what, manifest) => {
  await expect(imageIn(anArchive(manifest), MOST)).rejects.toMatchObject({ code: "IMAGE_INVALID" });
});

test("an archive that comes to more than is allowed is not read further", async () => {
  const path = join(aFolder(), "image");
  const large = { name: "layer.tar", contents: Buffer.alloc(2 * MOST) };
  writeFileSync(path, gzipSync(aTar(large, { name: "manifest.json", contents: "[]" })));
  await expect(imageIn(path, MOST)).rejects.toMatchObject({ code: "E_TAR_LIMIT" });
});
