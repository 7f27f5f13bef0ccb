import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Frame } from "../../daemons/broker/codec/frame.ts";
import { describeNeeding } from "../support/needing.ts";
import { brokerOf, type OlderDaemon, olderDaemon, overhear } from "../support/older-kit.ts";
import { setStage } from "../support/stage.ts";
import { until } from "../support/until.ts";

const DIALECT = { dialect: "deploykit" };
const TOPICS = {
  overrides: {
    "commit.pushed": DIALECT,
    "build.started": DIALECT,
    "build.finished": DIALECT,
    "event.said": DIALECT,
  },
};
const COMMITS = "/topic/future.git.commits";
const [GREEN, RED] = ["/topic/future.jenkins.success", "/topic/future.jenkins.cake"];
const OLDER = [COMMITS, GREEN, RED, "/topic/future.jenkins.begin", "/topic/future.events.*"];
const RUBY = { ruby: "ruby", stompcat: "ruby-stomp" };

/** A stage with one checkout, which waits for a build; built by Skein, or by whoever else listens. */
async function aChain({ ci }: { readonly ci: boolean }) {
  const stage = await setStage({ files: { page: "first" }, apps: {}, config: { topics: TOPICS } });
  const target = join(stage.folder, "site");
  const checkouts = { site: { repository: "shop", mode: "atomic", branch: "main", target, on: "build" } };
  const config = stage.variant("chain", {
    repositories: { shop: { url: "./shop.git", ci } },
    "repo-updater": { checkouts },
  });
  const chained = async () => {
    await stage.installHook();
    await stage.start("up", "--config", config).says("ready:");
    const broker = brokerOf(stage.state);
    const wire = await overhear(broker, [...OLDER, "/topic/skein.>"]);
    const close = async () => {
      await wire.leave();
      await stage.close();
    };
    return { stage, target, broker, frames: wire.frames, close };
  };
  return chained().catch(async (error: unknown) => {
    await stage.close();
    throw error;
  });
}
type Chain = Awaited<ReturnType<typeof aChain>>;

const on = (frames: readonly Frame[], destination: string, holds = "") =>
  frames.filter(
    ({ headers, body }) =>
      headers.get("destination") === destination &&
      `${headers.get("subject") ?? ""}\n${body.toString()}`.includes(holds),
  );

/** What a visitor of the checkout finds. */
const page = (target: string): string | undefined =>
  existsSync(join(target, "page")) ? readFileSync(join(target, "page"), "utf8") : undefined;

/** Pushes one that passes, one that fails and one that passes, and looks at the site after each. */
async function passFailPass({ stage, target, frames }: Chain): Promise<[string, string, string]> {
  const first = stage.pushed({ page: "passes" });
  await until("what passed is checked out", () => page(target) === "passes");
  const second = stage.pushed({ page: "broken", broken: "1" });
  await until("its failure is told", () => on(frames, RED, second).length === 1);
  const third = stage.pushed({ page: "mended", broken: undefined });
  const seen = new Set<string | undefined>();
  await until("the next that passes is checked out", () => {
    seen.add(page(target));
    return page(target) === "mended";
  });
  expect(seen).not.toContain("broken");
  return [first, second, third];
}

const checkedOut = ({ frames }: Chain) =>
  on(frames, "/topic/future.events.repo-updater", " checked out: ").map(({ body }) => body.toString());

describe("push, build and checkout with nothing but older texts on the wire", { timeout: 60_000 }, () => {
  let chain: Chain;
  beforeAll(async () => {
    chain = await aChain({ ci: true });
  }, 60_000);
  afterAll(() => chain.close());

  test("only what passed is checked out", async () => {
    const [first, second, third] = await passFailPass(chain);
    await until("both checkouts are told", () => checkedOut(chain).length === 2);
    expect(on(chain.frames, GREEN).map(({ body }) => body.toString())).toEqual([
      expect.stringMatching(/^Repo: shop\nURL: .*\nStatus: Success\n$/),
      expect.stringMatching(/^Repo: shop\nURL: .*\nStatus: Success\n$/),
    ]);
    const revisions = [first, second, third];
    expect(on(chain.frames, COMMITS).map(({ headers }) => headers.get("subject"))).toEqual(
      revisions.map((revision) => `[shop] refs/heads/main ${revision}`),
    );
  });

  test("no event of these types is among what was said, and each text is one of the older kit", () => {
    const { frames } = chain;
    const events = frames.filter(({ headers }) => headers.get("destination")?.startsWith("/topic/skein."));
    // The listener heard what has no older form: that it heard none of the others means something.
    expect(events.length).toBeGreaterThan(0);
    for (const { body } of events)
      expect(Object.keys(TOPICS.overrides)).not.toContain(
        (JSON.parse(body.toString()) as { type: string }).type,
      );
    const texts = frames.filter(({ headers }) => headers.get("destination")?.startsWith("/topic/future."));
    expect(texts.length).toBeGreaterThan(9);
    for (const { headers, body } of texts) {
      expect(headers.get("content-type")).toBe("text/plain; charset=UTF-8");
      expect(headers.get("subject")).toMatch(/^\[shop\] |^(Begin|Complete|Fail) job |^Talking to eventbot$/);
      expect(body.toString()).not.toMatch(/^\{/);
    }
  });
});

describeNeeding(RUBY, "one daemon at a time, with the others of the older kit", () => {
  let chain: Chain;
  const older: OlderDaemon[] = [];
  beforeAll(async () => {
    chain = await aChain({ ci: false });
    older.push(
      await olderDaemon("ci", chain.broker, { CENTRAL: chain.stage.central }),
      await olderDaemon("stomp-git", chain.broker),
    );
  }, 60_000);
  afterAll(async () => {
    await Promise.all(older.map((each) => each.stop()));
    await chain.close();
  });

  test(
    "the older CI hears the push, and Skein checks out what it found good",
    { timeout: 60_000 },
    async () => {
      const [first, second, third] = await passFailPass(chain);
      expect(older[0]?.lines()).toEqual([`Success ${first}`, `Cake ${second}`, `Success ${third}`]);
      // Nobody but the older CI told of a build.
      expect(on(chain.frames, GREEN).map(({ body }) => body.toString())).toEqual(
        [first, third].map(
          () => "Repo: shop\nURL: http://jenkins.yourorg.com:8080/job/unit/42/\nStatus: Success\n",
        ),
      );
      await until("both checkouts are told", () => checkedOut(chain).length === 2);
    },
  );

  test(
    "the older stomp-git hears Skein's announcer, whatever a commit message says",
    { timeout: 60_000 },
    async () => {
      const { stage } = chain;
      stage.commit({ page: "forged" });
      const message = "Say hello\n\nrepo: payroll\nrefname: refs/heads/evil";
      stage.git("commit", "--quiet", "--amend", "--message", message);
      stage.push("HEAD:main");
      const head = stage.git("rev-parse", "HEAD");
      const line = await until("it has heard of the push", () =>
        older[1]?.lines().find((each) => each.includes(head)),
      );
      expect(line).toBe(`shop main ${head}`);
      expect(older[1]?.lines()).toHaveLength(4);
    },
  );
});
