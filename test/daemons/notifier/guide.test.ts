import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { settingsSchema } from "../../../cli/settings.ts";
import { channel } from "../../../daemons/notifier/settings.ts";
import { parseYaml } from "../../../lib/schema/yaml.ts";

const guide = readFileSync("docs/guides/notifications.md", "utf8");
const examples = [...guide.matchAll(/^```yaml\n(.*?)^```$/gms)].map(([, yaml = ""]) => yaml);

test.each(examples)("every example of the guide is a configuration: %#", (yaml) => {
  expect(() => parseYaml(yaml, settingsSchema, "guide")).not.toThrow();
});

test("the guide has an example of every type of channel", () => {
  const types = channel.options.map((option) => option.shape.type.value);
  expect(types.filter((type) => !guide.includes(`type: ${type}\n`))).toEqual([]);
});
