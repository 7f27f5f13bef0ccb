import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

const ELSEWHERE = new Set(["node_modules", "dist", ".git", ".skein", "coverage"]);

// A check reads every source, on a machine that may be busy with other tests.
vi.setConfig({ testTimeout: 120_000 });

let copy: string;

beforeEach(() => {
  copy = mkdtempSync(join(tmpdir(), "skein-checks-"));
  cpSync(".", copy, { recursive: true, filter: (path) => !ELSEWHERE.has(basename(path)) });
  symlinkSync(join(process.cwd(), "node_modules"), join(copy, "node_modules"));
});

afterEach(() => rmSync(copy, { recursive: true, force: true }));

const write = (path: string, text: string) => writeFileSync(join(copy, path), text);

const append = (path: string, text: string) => write(path, readFileSync(join(copy, path), "utf8") + text);

/** Runs one of the checks as `npm run check` does, in the copy: whether it passed, and what it said. */
function check(name: string) {
  const { status, stdout } = spawnSync(process.execPath, ["tools/check.mjs", name], {
    cwd: copy,
    encoding: "utf8",
  });
  return { passed: status === 0, said: stdout };
}

test("the architecture check sees every source, and fails on each kind of violation", () => {
  append("lib/messages/destinations.ts", 'import { codes } from "../codes.ts";\nexport const all = codes;\n');
  append("daemons/ledger.ts", 'export { ciTrigger } from "./ci-trigger.ts";\n');
  append("daemons/announcer.ts", 'import { readFileSync } from "node:fs";\nreadFileSync("/etc/passwd");\n');
  append("daemons/broker/trie.ts", 'import type { Socket } from "node:net";\nexport type Wire = Socket;\n');
  append("lib/failure.ts", "\nexport const home = process.env['HOME'];\nexport default home;\n");
  append("agent/facts.ts", 'export const later = () => import("../cli/" + arch() + ".ts");\n');
  append("lib/safe-text.ts", 'export type { Code } from "./codes.ts";\n');
  write("lib/schema/index.ts", 'export * from "./names.ts";\n');
  write("plugins.ts", "export const plugins = [];\n");
  const { passed, said } = check("architecture");
  expect(passed).toBe(false);
  for (const line of [
    /lib\/messages\/destinations\.ts:\d+: lib\/messages may not import lib\/codes\.ts/,
    /daemons\/ledger\.ts:\d+: the daemon ledger may not import daemons\/ci-trigger\.ts, of another daemon/,
    /daemons\/announcer\.ts:\d+: daemons may not import node:fs/,
    /daemons\/broker\/trie\.ts:\d+: daemons\/broker may not import node:net/,
    /lib\/failure\.ts:\d+: has a default export/,
    /lib\/failure\.ts:\d+: reads process\.env/,
    /agent\/facts\.ts:\d+: imports what only running it can tell/,
    /lib\/safe-text\.ts:\d+: lib\/safe-text\.ts may not import lib\/codes\.ts/,
    /lib\/schema\/index\.ts: is a barrel/,
    /plugins\.ts: belongs to no part/,
  ])
    expect(said).toMatch(line);
});

test("the architecture check fails on a cycle, also of types alone", () => {
  append("lib/codes.ts", 'import type { Failure } from "./failure.ts";\nexport type Thrown = Failure;\n');
  const { passed, said } = check("architecture");
  expect(passed).toBe(false);
  expect(said).toContain("lib/codes.ts -> lib/failure.ts -> lib/codes.ts: is a cycle");
});

test("the architecture check fails where it sees nothing", () => {
  rmSync(join(copy, "lib/security"), { recursive: true });
  const { passed, said } = check("architecture");
  expect(passed).toBe(false);
  expect(said).toContain("lib/security: the table names it, but no module of it was seen");
});

test("the dead-code check fails on an export, a file and a package that nothing uses", () => {
  append("lib/safe-text.ts", "export const neverCalled = () => 0;\n");
  write("lib/forgotten.ts", "export const forgotten = 1;\n");
  const { dependencies, ...rest } = JSON.parse(readFileSync(join(copy, "package.json"), "utf8")) as {
    dependencies: Record<string, string>;
  };
  write("package.json", JSON.stringify({ ...rest, dependencies: { ...dependencies, "left-over": "1.0.0" } }));
  const { passed, said } = check("dead-code");
  expect(passed).toBe(false);
  expect(said).toMatch(/neverCalled .*lib\/safe-text\.ts/);
  expect(said).toContain("lib/forgotten.ts");
  expect(said).toContain("left-over");
});

test("the duplicate check fails on a function that is there twice", () => {
  const source = readFileSync(join(copy, "lib/schema/filter.ts"), "utf8");
  const twice = source.slice(source.indexOf("/** Whether a host fits a filter. */"));
  write("lib/schema/sieve.ts", `import { type HostFilter, type Candidate } from "./filter.ts";\n${twice}`);
  const { passed, said } = check("duplicates");
  expect(passed).toBe(false);
  expect(said).toMatch(/lib\/schema\/sieve\.ts/);
});

test("the lock-file check fails on a package that another platform would lack", () => {
  const lock = JSON.parse(readFileSync(join(copy, "package-lock.json"), "utf8")) as {
    packages: Record<string, unknown>;
  };
  const foreign = Object.keys(lock.packages).find((path) => path.includes("darwin"));
  delete lock.packages[foreign ?? ""];
  write("package-lock.json", JSON.stringify(lock));
  const { passed, said } = check("lock-file");
  expect(passed).toBe(false);
  expect(said).toContain(`needs ${foreign?.replace("node_modules/", "")}`);
});

test("the licence check fails on a package that may not be shipped", () => {
  const lock = JSON.parse(readFileSync(join(copy, "package-lock.json"), "utf8")) as {
    packages: Record<string, { license?: string }>;
  };
  const shipped = lock.packages["node_modules/zod"];
  if (shipped !== undefined) shipped.license = "AGPL-3.0-only";
  write("package-lock.json", JSON.stringify(lock));
  const { passed, said } = check("licences");
  expect(passed).toBe(false);
  expect(said).toContain("node_modules/zod has the licence AGPL-3.0-only");
});
