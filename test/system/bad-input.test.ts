import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Session } from "../../cli/session.ts";
import { decode } from "../../lib/messages/envelope.ts";
import type { Running } from "../support/program.ts";
import { setStage, type Stage } from "../support/stage.ts";
import { until } from "../support/until.ts";

let stage: Stage;
let up: Running;
let session: Session;
/** What people were told, as far as it is about repositories. */
const said: string[] = [];

beforeAll(async () => {
  const repositories = {
    shop: { url: "./shop.git", ci: true },
    empty: { url: "./empty.git" },
    gone: { url: "./gone.git" },
    folder: { url: "./folder" },
  };
  stage = await setStage({
    apps: {
      shop: {},
      ...Object.fromEntries(
        ["empty", "gone", "folder"].map((repository) => [repository, { repository, requires: [] }]),
      ),
    },
    config: { repositories },
  });
  stage.git("init", "--quiet", "--bare", join(stage.folder, "empty.git"));
  mkdirSync(join(stage.folder, "folder"));
  writeFileSync(join(stage.folder, "folder", "notes.txt"), "no repository");
  await stage.installHook();
  up = await stage.up();
  session = await stage.session();
  await session.hear(["event.said"], ({ data }) => void ("text" in data && said.push(data.text)));
}, 60_000);
afterAll(async () => {
  await session.close();
  await stage.close();
});

describe("a configuration", { timeout: 30_000 }, () => {
  const wrong = `state: 7
repository: {}
repositories:
  shop: { url: "-oops", cii: true }
apps:
  Shop: { repository: shop, root: /srv/shop }
  shop: { repository: shop, root: "/srv/{shop}" }
  site: { repository: nosuch, root: /srv/site, keep: many, check: { url: "http://x/", deadline: 5 } }
`;

  test("with keys that nobody knows and values of the wrong type is refused, with every place at once", async () => {
    const file = join(stage.folder, "wrong.yaml");
    writeFileSync(file, wrong);
    for (const words of [["check"], ["up"], ["status"]]) {
      const { status, stderr, stdout } = await stage.skein("--config", file, ...words);
      expect({ words, status, stdout }).toEqual({ words, status: 78, stdout: "" });
      const places = [...stderr.matchAll(/wrong\.yaml:(\d+:\d+) (\S+)/g)].map(
        ([, place, key]) => `${place} ${key}`,
      );
      expect(places).toEqual([
        "1:8 state",
        "2:1 repository",
        "4:16 repositories.shop.url",
        "4:25 repositories.shop.cii",
        "6:3 apps.Shop:",
        "7:35 apps.shop.root",
        "8:54 apps.site.keep",
        "8:97 apps.site.check.deadline",
      ]);
      expect(stderr).toContain("[CONFIG_INVALID]");
    }
  });

  test("that is not there is asked for by name, with status 78", async () => {
    const { status, stderr } = await stage.skein("--config", "nosuch.yaml", "status");
    expect(status).toBe(78);
    expect(stderr).toContain("nosuch.yaml is not there");
    expect(stderr).toContain("[CONFIG_MISSING]");
  });
});

describe("a repository", { timeout: 30_000 }, () => {
  test.each([
    ["gone", "gone.git"],
    ["folder", "folder"],
  ])("such as %s is told by name at the start, and nothing can be deployed from it", async (name, path) => {
    const lines = up.said().stderr.split("\n");
    const told = lines.find((line) => line.includes(`Cannot fetch ${name}`));
    expect(told).toContain(join(stage.folder, path));
    const { status, stderr } = await stage.skein("deploy", name, "main");
    expect(status).toBe(1);
    expect(stderr).toContain("[REF_UNKNOWN]");
  });

  test("that is empty has no refs, which is no failure", async () => {
    const { status, stdout, stderr } = await stage.skein("refs", "empty", "--json");
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: "", stderr: "" });
    const deploy = await stage.skein("deploy", "empty", "main");
    expect(deploy.status).toBe(1);
    expect(deploy.stderr).toContain('no host has a branch or tag "main"');
  });

  test.each([["gone.git"], ["folder"]])(
    "%s cannot be given the hook, which is said with status 1",
    async (path) => {
      const { status, stderr } = await stage.skein("hook", "install", path, "--name", "gone");
      expect(status).toBe(1);
      expect(stderr).toContain(path);
      expect(stderr).toContain("[REPOSITORY_INVALID]");
    },
  );
});

describe("a message", { timeout: 60_000 }, () => {
  test("that nobody can read is set aside with the reason, and everything goes on", async () => {
    const dead: { reason: string | undefined; code: string | undefined; body: string }[] = [];
    const letters = {
      destination: "/queue/skein.dead",
      kind: "work",
      name: "reader",
      concurrency: 1,
    } as const;
    await session.bus.subscribe(letters, ({ headers, body }) => {
      dead.push({
        code: headers["skein-code"],
        reason: headers["skein-reason"],
        body: Buffer.from(body).toString(),
      });
      return Promise.resolve();
    });
    const envelope = (type: string, data: unknown) =>
      JSON.stringify({
        specversion: "1.0",
        id: "x",
        source: "//test/test",
        type,
        time: new Date().toISOString(),
        data,
      });
    const bodies = [
      "this is no JSON",
      "{}",
      "[]",
      "\u0000",
      envelope("commit.pushed", { repository: "../etc" }),
    ];
    const places = [
      "topic/skein.git.commits",
      "queue/skein.rollouts",
      "queue/skein.ci.builds",
      "topic/skein.deploys",
      "topic/skein.agent.web1",
    ];
    for (const place of places)
      for (const body of [...bodies, envelope("nobody.knows", {})])
        await session.bus.publish({
          destination: `/${place}`,
          headers: {},
          body: Buffer.from(body),
          persistent: false,
        });
    await until("what was unreadable is among the dead letters", () =>
      bodies.every((body) => dead.some((each) => each.body === body)),
    );
    expect(
      dead.filter(({ code, reason }) => code !== "MESSAGE_INVALID" || !reason?.startsWith("Cannot read a ")),
    ).toEqual([]);
    // What is merely of another version of Skein is nobody's fault.
    expect(dead.filter(({ body }) => body.includes("nobody.knows"))).toEqual([]);
    const revision = stage.pushed({ "a.txt": "1" });
    expect((await stage.skein("deploy", "shop", "main", "--json")).status).toBe(0);
    expect(stage.everywhere()).toEqual([revision, revision, revision]);
  });

  test.each([
    ["of a type that is none", "nobody.knows", "{}", "MESSAGE_UNKNOWN", "nobody.knows"],
    ["that is no JSON", "event.said", "hello", "MESSAGE_INVALID", "standard input is not JSON"],
    ["that lacks fields", "event.said", '{"text":"hello"}', "MESSAGE_INVALID", "source"],
  ])("%s is not published", async (_what, type, input, code, says) => {
    const { status, stderr } = await stage.skeinWith(input, "publish", type);
    expect(status).toBe(1);
    expect(stderr).toContain(`[${code}]`);
    expect(stderr).toContain(says);
  });

  test("that is right is published, and heard", async () => {
    const heard: string[] = [];
    const events = {
      destination: "/topic/skein.events.test",
      kind: "news",
      name: "listener",
      concurrency: 1,
    } as const;
    await session.bus.subscribe(events, ({ body }) => {
      heard.push(decode(body).type);
      return Promise.resolve();
    });
    const data = { source: "test", text: "hello", at: new Date().toISOString() };
    const { status } = await stage.skeinWith(JSON.stringify(data), "publish", "event.said");
    expect(status).toBe(0);
    await until("it is heard", () => heard.includes("event.said"));
    expect(said).toContain("hello");
  });
});
