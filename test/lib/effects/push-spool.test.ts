import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openPushSpool } from "../../../lib/effects/push-spool.ts";
import { aFolder } from "../../support/folder.ts";

test("a file whose name is as long as a name may be is set aside all the same", async () => {
  const folder = aFolder();
  writeFileSync(join(folder, `push-${"x".repeat(250)}`), "nothing that a hook writes");
  const spool = await openPushSpool(folder);
  const [found] = await spool.list();
  if (found === undefined) throw new Error("it is not listed");
  await spool.reject(found);
  spool.close();
  expect(await spool.list()).toEqual([]);
  expect(readdirSync(join(folder, "rejected"))).toHaveLength(1);
});
