import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, expect, test } from "vitest";
import { z } from "zod";
import { openJournal } from "../../../lib/effects/journal.ts";

const line = z.object({ n: z.int(), text: z.string().optional() });

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "skein-journal-"));
  path = join(folder, "journal");
});
afterEach(() => rmSync(folder, { recursive: true }));

test("what was appended is there when it is opened again, in its order", async () => {
  const journal = await openJournal(path, line);
  await Promise.all([1, 2, 3].map((n) => journal.append({ n, text: "ä\n" })));
  expect((await openJournal(path, line)).entries).toEqual([1, 2, 3].map((n) => ({ n, text: "ä\n" })));
});

test("what need not be on disk at once is in the file at once all the same, in its order", async () => {
  const journal = await openJournal(path, line);
  await Promise.all([
    journal.append({ n: 1 }, "later"),
    journal.append({ n: 2 }, "later"),
    journal.append({ n: 3 }),
  ]);
  expect(readFileSync(path, "utf8")).toBe('{"n":1}\n{"n":2}\n{"n":3}\n');
});

test("a line that was cut short anywhere is cut off, and the next one stands on its own", async () => {
  const whole = `{"n":1}\n{"n":2}\n`;
  const torn = `{"n":3,"text":"äöü"}\n`;
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 0, max: Buffer.byteLength(torn) - 1 }), async (bytes) => {
      writeFileSync(path, whole);
      appendFileSync(path, Buffer.from(torn).subarray(0, bytes));
      const journal = await openJournal(path, line);
      expect(journal.entries).toEqual([{ n: 1 }, { n: 2 }]);
      await journal.append({ n: 4 });
      expect(readFileSync(path, "utf8")).toBe(`${whole}{"n":4}\n`);
    }),
    { numRuns: 30 },
  );
});

test("a line in the middle that cannot be read refuses the whole", async () => {
  writeFileSync(path, `{"n":1}\n{"n":"x"}\n{"n":3}\n`);
  await expect(openJournal(path, line)).rejects.toMatchObject({
    code: "E_STORAGE",
    message: expect.stringContaining(":2 ") as string,
  });
});

test("where it cannot be written it says so, and nothing half-written stays", async () => {
  const journal = await openJournal(path, line);
  await journal.append({ n: 1 });
  rmSync(path);
  await expect(journal.append({ n: 2 })).rejects.toMatchObject({ code: "E_STORAGE" });
  await expect(openJournal(join(folder, "nowhere", "journal"), line)).rejects.toMatchObject({
    code: "E_STORAGE",
  });
});

test("all of it is replaced at once", async () => {
  const journal = await openJournal(path, line);
  for (const n of [1, 2, 3]) await journal.append({ n });
  await journal.replace([{ n: 3 }]);
  await journal.append({ n: 4 });
  expect((await openJournal(path, line)).entries).toEqual([{ n: 3 }, { n: 4 }]);
});
