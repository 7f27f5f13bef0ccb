import { existsSync, readFileSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { jsonLines, type Running } from "../support/program.ts";
import { setStage, type Stage } from "../support/stage.ts";
import { until } from "../support/until.ts";

describe("push, build, and only on success a checkout", { timeout: 90_000 }, () => {
  let stage: Stage;
  let tail: Running;

  /** What a visitor of a checkout finds. */
  const page = (name: string): string | undefined => {
    const file = join(stage.folder, name, "page");
    return existsSync(file) ? readFileSync(file, "utf8") : undefined;
  };
  const messages = (type: string) => jsonLines(tail.said().stdout).filter((each) => each["type"] === type);
  const finished = (revision: string) =>
    until(`the build of ${revision} ends`, () =>
      messages("build.finished").find(({ data }) => (data as { revision: string }).revision === revision),
    );

  beforeAll(async () => {
    stage = await setStage({ files: { page: "first" } });
    const target = (name: string) => join(stage.folder, name);
    const config = stage.variant("chain", {
      apps: {},
      "repo-updater": {
        checkouts: {
          built: { repository: "shop", mode: "atomic", branch: "main", target: target("built"), on: "build" },
          pushed: { repository: "shop", mode: "trusting", branch: "main", target: target("pushed") },
        },
      },
    });
    await stage.installHook();
    await stage.start("up", "--config", config).says("ready:");
    tail = stage.start("tail", "--json");
    await tail.says("listening on /topic/skein.>");
  }, 60_000);
  afterAll(() => stage.close());

  test("a revision whose build passed is checked out, as it was built", async () => {
    const first = stage.pushed({ page: "passes" });
    await until("it is checked out", () => page("built") === "passes");
    expect((await finished(first))["data"]).toMatchObject({ outcome: "passed" });
    const told = await until("that is told", () =>
      messages("checkout.updated").find(({ data }) => (data as { checkout: string }).checkout === "built"),
    );
    expect(told["data"]).toMatchObject({
      revision: first,
      mode: "atomic",
      path: join(stage.folder, "built"),
    });
  });

  test("one whose build failed is not, though it was pushed and the mirror has it", async () => {
    const before = realpathSync(join(stage.folder, "built"));
    const second = stage.pushed({ page: "broken", broken: "1" });
    expect((await finished(second))["data"]).toMatchObject({ outcome: "failed" });
    await until("the push is checked out where no build is waited for", () => page("pushed") === "broken");
    // The next one that passes comes after all that the failed one could have led to.
    stage.pushed({ page: "mended", broken: undefined });
    await until("the next one is checked out", () => page("built") === "mended");
    expect(messages("checkout.updated").map(({ data }) => (data as { revision: string }).revision)).toContain(
      second,
    );
    const built = messages("checkout.updated").filter(
      ({ data }) => (data as { checkout: string }).checkout === "built",
    );
    expect(built.map(({ data }) => (data as { revision: string }).revision)).not.toContain(second);
    expect(realpathSync(join(stage.folder, "built"))).not.toBe(before);
  });

  test("people read of it on the topic of the repo-updater", async () => {
    const lines = () => messages("event.said").map(({ data }) => (data as { text: string }).text);
    await until("the checkout is told in a line", () =>
      lines().some((text) => text.endsWith(` checked out: [shop] main to ${join(stage.folder, "built")}`)),
    );
    expect(
      lines().some((text) => / fetched change: \[shop\] refs\/heads\/main [0-9a-f]{40}$/.test(text)),
    ).toBe(true);
  });
});
