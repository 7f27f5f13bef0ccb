import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { agentConfig } from "../../agent/config.ts";
import { readFacts } from "../../agent/fact-text.ts";
import { openFacts } from "../../agent/facts.ts";
import { aFolder } from "../support/folder.ts";
import { type SaidLine, tellingLog } from "../support/logs.ts";
import { until } from "../support/until.ts";
import { aHost, last } from "./support/host.ts";

/** A folder of facts, and where to find it. */
function aFactFolder(files: Readonly<Record<string, string | { readonly script: string }>>) {
  const folder = aFolder();
  chmodSync(folder, 0o755);
  for (const [name, file] of Object.entries(files)) {
    const path = join(folder, name);
    writeFileSync(path, typeof file === "string" ? file : `#!/bin/sh\n${file.script}\n`);
    chmodSync(path, typeof file === "string" ? 0o644 : 0o755);
  }
  return folder;
}

/** What is known by a configuration, and what was said of the rest. */
async function known(given: Readonly<Record<string, unknown>>) {
  const logged: SaidLine[] = [];
  const { facts } = agentConfig.parse({ facts: given });
  const source = await openFacts(facts, tellingLog(logged));
  return { ...source.current(), source, said: logged.map(({ text }) => text).join("\n") };
}

test.each([
  ["a.json", '{"a": 1, "b": {"c": true, "d": ["x", 2]}, "e": null}', { a: "1", "b.c": "true", "b.d": "x,2" }],
  [
    "a.yaml",
    "---\n:role: web\nos:\n  family: Debian\nsym: !ruby/sym x\n",
    { role: "web", "os.family": "Debian", sym: "x" },
  ],
  ["a.txt", "# nothing\nrole=web\n tier = gold = x\n=y\n", { role: "web", tier: "gold = x" }],
  ["a.json", '{"/dev/vda": "x", "constructor": "y", "9x": "z"}', { constructor: "y" }],
])("facts of %s are read: %s", (name, text, facts) => {
  expect(readFacts(name, text, false)).toEqual(facts);
});

test.each([
  ["a.json", "[1]", "does not hold names with values"],
  ["a.json", "{", "JSON"],
  ["a.yaml", "a: [", "1:"],
  ["a.yaml", "a: &x 1\nb: *x\n", "alias"],
  ["a.conf", "a=b", "its name ends neither"],
])("facts of %s are refused: %s", (name, text, why) => {
  expect(() => readFacts(name, text, false)).toThrow(why);
});

test("what is said later holds: the machine, then files, then folders by the order of names; programs are asked", async () => {
  const folder = aFactFolder({
    "10.txt": "tier=gold\nrack=a",
    "20.json": '{"rack": "b"}',
    "30-run": { script: 'echo "from=$(basename "$0")"; echo "home=$HOME"' },
    "40-run": { script: `echo '{"deep": {"er": 1}}'` },
  });
  const file = join(aFactFolder({ "facts.yaml": "tier: silver\nkernel: another\n" }), "facts.yaml");
  const { facts } = await known({ folders: [folder], files: [file] });
  expect(facts).toMatchObject({ tier: "gold", rack: "b", kernel: "another", from: "30-run", "deep.er": "1" });
  // Nothing of our own environment reaches a program.
  expect(facts["home"]).toBe("");
  expect(facts["os"]).not.toBe("");
});

test("whatever is wrong with one is said, and costs nothing but its facts", async () => {
  const folder = aFactFolder({
    "10.txt": "good=yes",
    "20.json": "{",
    "30-hangs": { script: "sleep 60" },
    "40-fails": { script: "echo why >&2; exit 3" },
    "50.txt": "bad=yes",
    ".hidden.txt": "bad=yes",
  });
  chmodSync(join(folder, "50.txt"), 0o666);
  mkdirSync(join(folder, "60.yaml"));
  const open = aFactFolder({ "10.txt": "bad=yes" });
  chmodSync(open, 0o777);
  const { facts, said } = await known({ folders: [folder, open, "/nowhere"], timeout: "300ms" });
  expect([facts["good"], facts["bad"]]).toEqual(["yes", undefined]);
  for (const why of [
    "20.json",
    "it ran longer than 0.3 s",
    "it ended with 3: why",
    "50.txt are left out: others may write",
  ])
    expect(said).toContain(why);
  expect(said).toContain(`${open} are left out: others may write`);
  expect(said).toContain("it is not a plain file");
  expect(said).not.toContain("nowhere");
});

test("no more is told than fits into a message", async () => {
  const lines = Array.from({ length: 200 }, (_, at) => `fact${at}=${"x".repeat(900)}`);
  const { facts, said } = await known({ folders: [aFactFolder({ "a.txt": lines.join("\n") })] });
  expect(JSON.stringify(facts).length).toBeLessThan(70_000);
  expect(said).toContain("facts are left out");
});

test("facts are looked up again when they are old, and nobody waits for it", async () => {
  const folder = aFactFolder({ "a.txt": "tier=gold" });
  const { source } = await known({ folders: [folder], refresh: "10ms" });
  writeFileSync(join(folder, "a.txt"), "tier=silver");
  await until("the fact is new", () => source.current().facts["tier"] === "silver");
});

test("an app is carried by hosts whose labels, facts and classes say so; they tell of them", async () => {
  const folder = aFactFolder({ "a.txt": "tier=gold" });
  const classes = join(aFactFolder({ "classes.txt": "base::ntp\nnginx\n$(bad)\n" }), "classes.txt");
  const facts = { folders: [folder], classes: [classes] };
  const host = await aHost({
    app: { hosts: "role=web and tier=gold and class=nginx" },
    labels: { role: "web" },
    config: { facts },
  });
  const { finished } = await host.deploy(host.origin.commit({ page: "hello" }));
  expect(finished?.outcome).toBe("live");
  const alive = last(await host.reconcile(), "host.alive");
  expect(alive).toMatchObject({
    facts: { tier: "gold" },
    classes: ["base::ntp", "nginx"],
    apps: [{ app: "shop" }],
  });
  await host.close();
  const other = await aHost({ app: { hosts: "tier=silver" }, config: { facts } });
  expect(last(await other.reconcile(), "host.alive")?.apps).toEqual([]);
  await other.close();
});
