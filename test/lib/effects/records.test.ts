import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { z } from "zod";
import { openRecords } from "../../../lib/effects/records.ts";
import { aFolder } from "../../support/folder.ts";

const grant = z.object({ until: z.string() });
const never = () => {
  throw new Error("nothing is damaged");
};

test("what was put is there when the folder is opened again, and what was removed is not", async () => {
  const folder = join(aFolder(), "records");
  const records = await openRecords(folder, grant, never);
  await records.put("site/dana", { until: "noon" });
  await records.put("../../etc/passwd", { until: "never" });
  await records.put("site/dana", { until: "night" });
  await records.put("gone", { until: "now" });
  await records.remove("gone");

  const again = await openRecords(folder, grant, never);
  expect([...again.all]).toEqual(
    expect.arrayContaining([
      ["site/dana", { until: "night" }],
      ["../../etc/passwd", { until: "never" }],
    ]),
  );
  expect(again.all.size).toBe(2);
});

test("a damaged file is told of and kept aside, and the others are read", async () => {
  const folder = join(aFolder(), "records");
  const records = await openRecords(folder, grant, never);
  await records.put("good", { until: "noon" });
  writeFileSync(join(folder, "half.json"), '{"name":"half","val');
  writeFileSync(join(folder, "other.json"), '{"name":"other","value":{"until":7}}');

  const damaged: string[] = [];
  const again = await openRecords(folder, grant, (file) => void damaged.push(file));
  expect([...again.all.keys()]).toEqual(["good"]);
  expect(damaged.toSorted()).toEqual([join(folder, "half.json"), join(folder, "other.json")]);
  expect(readdirSync(folder).filter((name) => name.endsWith(".damaged"))).toHaveLength(2);
});
