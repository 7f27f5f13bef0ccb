import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Running } from "../support/program.ts";
import { setStage, type Stage } from "../support/stage.ts";
import { until } from "../support/until.ts";

let stage: Stage;
let up: Running;
let file: string;

beforeAll(async () => {
  stage = await setStage({ apps: {} });
  mkdirSync(join(stage.folder, "logins"));
  file = join(stage.folder, "logins", "shop");
  const site = { type: "nginx", file, check: ["true"], reload: ["true"] };
  const access = { sites: { "shop-preview": site } };
  up = stage.start("--config", stage.variant("access", { access }), "up");
  await up.says("ready:");
}, 60_000);

afterAll(async () => {
  await up.stop();
  await stage.close();
});

const users = () => [...readFileSync(file, "utf8").matchAll(/^([^#:\n]+):\$6\$/gm)].map(([, user]) => user);

test("a grant prints the password, and nothing else, on standard output", async () => {
  const { status, stdout, stderr } = await stage.skein(
    "access",
    "grant",
    "shop-preview",
    "alice",
    "--why",
    "a look",
  );
  expect(stdout).toMatch(/^[a-z]{6}-[a-z]{6}-[a-z]{6}\n$/);
  expect(stderr).toMatch(/to let alice in until .*\n.*: granted/);
  expect(status).toBe(0);
  expect(users()).toEqual(["alice"]);
  expect(up.said().stdout + up.said().stderr).not.toContain(stdout.trim());
});

test("a password that a person chose comes from a file or standard input, and is not printed", async () => {
  const chosen = await stage.skeinWith(
    "a long enough passphrase\n",
    ..."access grant shop-preview bob --for 2h --password-from -".split(" "),
  );
  expect(chosen).toMatchObject({ status: 0, stdout: "" });
  const path = join(stage.folder, "password");
  writeFileSync(path, "short\n");
  chmodSync(path, 0o600);
  const short = await stage.skein("access", "grant", "shop-preview", "carol", "--password-from", path);
  expect(short.status).toBe(64);
  expect(short.stderr).toMatch(/12 characters at least/);
  expect(short.stderr).not.toContain("short\n");
  expect(users()).toEqual(["alice", "bob"]);
});

test("the list says who may log in where, until when, by whose word and why", async () => {
  const { stdout } = await stage.skein("access", "list");
  expect(stdout).toMatch(/shop-preview +alice .* granted .* 14 d +\S+@localhost +a look/);
  const { json } = await stage.skein("access", "list", "shop-preview", "--json");
  expect(json).toMatchObject([
    { user: "alice", outcome: "granted" },
    { user: "bob", outcome: "granted" },
  ]);
  expect(JSON.stringify(json)).not.toContain("$6$");
  expect((await stage.skein("access", "list", "elsewhere", "--json")).json).toEqual([]);
});

test("a revocation takes effect, and is left out of the list", async () => {
  expect((await stage.skein("access", "revoke", "shop-preview", "alice")).status).toBe(0);
  expect(users()).toEqual(["bob"]);
  await until("the list knows", async () => {
    const { json } = await stage.skein("access", "list", "--json");
    return json.length === 1 && json[0]?.["user"] === "bob";
  });
});

test("what a host refuses is told with the reason and what to do", async () => {
  const { status, stderr } = await stage.skein("access", "grant", "shop-preview", "carol", "--for", "90d");
  expect(status).toBe(1);
  expect(stderr).toMatch(
    /refused: Cannot let carol in at shop-preview for 90 days.*\[ACCESS_TOO_LONG\]\n.*--for/,
  );
});

test.each([
  ["without a user", ["grant", "shop-preview"], /skein access grant SITE USER/],
  ["with a colon in the name", ["grant", "shop-preview", "al:ice"], /must be a user name such as/],
  ["with a time that is none", ["grant", "shop-preview", "alice", "--for", "ever"], /must be a duration/],
  ["with something else to do", ["give", "shop-preview", "alice"], /grant.*revoke.*list/s],
])("a command %s is refused", async (_how, words, says) => {
  const { status, stderr } = await stage.skein("access", ...words);
  expect(status).toBe(64);
  expect(stderr).toMatch(says);
});
