import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { repoUpdater } from "../../../daemons/repo-updater.ts";
import { memoryHub } from "../../../lib/bus/memory.ts";
import { templateOf, STANDARD_TOPICS } from "../../../lib/messages/destinations.ts";
import { aPush, revisionOf } from "../../support/builders.ts";
import { listen, publish, start } from "../../support/daemons.ts";
import { aHost, treeOf } from "./support/host.ts";

/** Names that git lets people push. Each would make a file `pwned` somewhere if it ever met a shell, or lead out of the folder. */
const NAMES = [
  ";touch${IFS}pwned",
  "$(touch${IFS}pwned)",
  "`touch${IFS}pwned`",
  "x|touch${IFS}pwned",
  "a&b",
  '"quoted"',
  "'quoted'",
  "-x",
  "--upload-pack=touch",
  "%2e%2e",
  "{a,b}",
  "gpj.exe\u202Etxt",
  "a\u200Bb",
  "HEAD",
  "-",
  "__proto__",
  "constructor",
  "x".repeat(225),
  "0".repeat(40),
];

const KINDS = ["heads", "tags"] as const;

test("a branch or tag with a hostile name makes no file anywhere, and the others are checked out", async () => {
  const { shop, hear, at, daemon, folder } = await aHost({
    env: { mode: "puppetmaster", target: "env" },
    tags: { mode: "tags", target: "tags" },
    docs: { mode: "trusting", target: "docs" },
  });
  await shop.push({ page: "one" });
  const head = (await shop.git.revparse(["HEAD"])).trim();
  const push = (...refs: string[]) =>
    execFileSync("git", ["-C", shop.work, "push", "--quiet", "origin", ...refs], { stdio: "pipe" });
  for (const kind of KINDS) for (const name of NAMES) push(`${head}:refs/${kind}/${name}`);
  // As no other name, that of a branch would win over the id.
  await shop.commit({ page: "evil" });
  push(`HEAD:refs/heads/${head}`, `${head}:refs/heads/good`, `${head}:refs/tags/v1`);
  await hear();
  await daemon().reconcile();
  const seen = (path: string) => readdirSync(path).filter((each) => !each.startsWith("."));
  expect(seen(at("env"))).toEqual(["HEAD", "constructor", "good", "main"]);
  expect(seen(at("tags"))).toEqual(["HEAD", "constructor", "v1"]);
  for (const each of seen(at("env"))) expect(treeOf(realpathSync(at("env", each)))).toEqual({ page: "one" });
  expect(treeOf(at("docs"))).toEqual({ page: "one" });
  const everywhere = readdirSync(folder, { recursive: true, encoding: "utf8" });
  const isRef = (path: string) => /\/(refs|logs)\//.test(path);
  expect(everywhere.filter((each) => each.endsWith("pwned") && !isRef(each))).toEqual([]);
  expect(existsSync("pwned")).toBe(false);
  expect(readdirSync(folder).sort()).toEqual(["docs", "env", "shop.git", "state", "tags", "work"]);
  for (const kind of KINDS) for (const name of NAMES) push(`:refs/${kind}/${name}`);
  push("HEAD:refs/heads/later");
  await hear();
  expect(seen(at("env"))).toEqual(["good", "later", "main"]);
});

test("garbage, beats and pushes with hostile names end nothing: the next push is fetched", async () => {
  const { shop, settings, config, at } = await aHost({ docs: { mode: "trusting", target: "docs" } });
  await shop.push({ page: "one" });
  const hub = memoryHub();
  const daemon = await start(repoUpdater, () => ({ ...settings, "repo-updater": config }), hub);
  const news = await listen(hub, "checkout.updated");
  const bus = hub.connect();
  const destination = templateOf("commit.pushed", STANDARD_TOPICS);
  const push = {
    specversion: "1.0",
    id: "1",
    source: "//x/y",
    type: "commit.pushed",
    time: "2026-11-21T10:15:02Z",
  };
  const hostile = [
    "",
    ".",
    "..",
    "*",
    "refs/heads/",
    "refs/heads/..",
    "refs/heads/$(id)",
    "refs/heads/a\nb",
  ].map((ref) =>
    JSON.stringify({ ...push, data: { ...aPush(), ref, change: "deleted", after: revisionOf("0") } }),
  );
  const bodies = ["\n", "", "repo", "{", "null", "repo: shop\nJSON: {", "\u0000", ...hostile];
  for (const body of bodies)
    await bus.publish({ destination, headers: {}, body: Buffer.from(body), persistent: false });
  await shop.push({ page: "two" });
  const head = (await shop.git.revparse(["HEAD"])).trim();
  await publish(hub, "commit.pushed", aPush({ after: head }));
  await news.next(({ data }) => "revision" in data && data.revision === head);
  expect(readFileSync(join(at("docs"), "page"), "utf8")).toBe("two");
  await daemon.stop();
});
