import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, it } from "vitest";
import { type FileRecord, readRecord, writeRecord } from "../../../../lib/effects/trees/record.ts";
import { revision } from "../../../../lib/schema/names.ts";
import { aFolder } from "../../../support/folder.ts";

const files = fc.array(
  fc.record({
    path: fc
      .uint8Array({ minLength: 1, maxLength: 40 })
      .map((bytes) => Buffer.from(bytes.map((byte) => byte || 1)).toString("latin1")),
    source: fc.nat({ max: 20 }),
    mode: fc.constantFrom(0o100644, 0o100555, 0o120777, 0o040755),
    size: fc.maxSafeNat(),
    mtime: fc.double({ min: 0, max: 1e13, noNaN: true }).map((time) => time + 0),
    inode: fc.maxSafeNat(),
    shared: fc.boolean(),
  }),
);

const aRecord = (some: FileRecord["files"]): FileRecord => ({
  sharing: "hardlink",
  base: "2026-11-25T10.00.00Z",
  sources: [
    { at: "", commit: revision.parse("a".repeat(40)), exports: "all" },
    { at: "données/日本", commit: revision.parse("b".repeat(40)), exports: "some" },
  ],
  files: some,
});

it("is read as what was written, whatever the names and the places are", async () => {
  const path = join(aFolder(), "record");
  await fc.assert(
    fc.asyncProperty(files, async (some) => {
      const record = aRecord(some);
      await writeRecord(path, record);
      const read = await readRecord(path);
      expect({ ...read, files: await read?.files() }).toEqual(record);
    }),
    { numRuns: 60 },
  );
});

it("is not believed once a byte of it is another", async () => {
  const path = join(aFolder(), "record");
  const file = { path: "a", source: 0, mode: 0o100644, size: 1, mtime: 1.5, inode: 7, shared: true };
  await writeRecord(path, aRecord([file]));
  const right = readFileSync(path);
  for (let at = 0; at < right.length; at += 1) {
    const wrong = Buffer.from(right);
    wrong.writeUInt8(right.readUInt8(at) ^ 1, at);
    writeFileSync(path, wrong);
    expect(await readRecord(path)).toBeUndefined();
  }
});
