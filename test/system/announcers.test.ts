import { execFileSync } from "node:child_process";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Data } from "../../lib/messages/catalogue.ts";
import { NO_REVISION } from "../../lib/schema/names.ts";
import type { Running } from "../support/program.ts";
import { setStage, type Stage } from "../support/stage.ts";
import { until } from "../support/until.ts";

type Pushed = Data<"commit.pushed">;

const PUSHES = 100;
const BRANCHES = ["main", "next", "stable"] as const;

let stage: Stage;
let announcer: Running;

beforeAll(async () => {
  stage = await setStage({ config: { repositories: { shop: { url: "./shop.git" } } } });
  await stage.installHook();
});
afterAll(() => stage.close());

/** What is in the history, the oldest first. */
const history = async (): Promise<readonly Pushed[]> => {
  const { json } = await stage.skein("history", "--of", "pushes", "--most", "1000", "--json");
  return json.map(({ data }) => data as Pushed).toReversed();
};

describe("with a broker that goes away", { timeout: 120_000 }, () => {
  test("a hundred pushes, some of them without a broker, or an announcer, are all announced, once each, in the order of their ref", async () => {
    const begin = async (name: string) => {
      const started = stage.start("run", name);
      await started.says("ready:");
      return started;
    };
    const broker = await begin("broker");
    await begin("ledger");
    announcer = await begin("announcer");
    const refs = new Map<string, string[]>(BRANCHES.map((name) => [`refs/heads/${name}`, [NO_REVISION]]));
    for (let count = 0; count < PUSHES; count += 1) {
      if (count === 20) await broker.kill();
      if (count === 50) await announcer.kill();
      const name = BRANCHES[count % BRANCHES.length] ?? "main";
      const head = stage.git("commit-tree", "-m", `${count}`, "HEAD^{tree}");
      stage.push("--force", `${head}:refs/heads/${name}`);
      refs.get(`refs/heads/${name}`)?.push(head);
    }
    await begin("broker");
    announcer = await begin("announcer");
    const pushes = await until(
      "all pushes are in the history",
      async () => {
        const known = await history();
        return known.length >= PUSHES && known;
      },
      60_000,
    );
    expect(pushes).toHaveLength(PUSHES);
    for (const [ref, heads] of refs) {
      const moves = pushes.filter((each) => each.ref === ref).map(({ before, after }) => [before, after]);
      expect(moves).toEqual(heads.slice(1).map((head, index) => [heads[index], head]));
    }
  });

  test("what somebody moves on the server itself, where no hook is called, is announced as well", async () => {
    const config = stage.variant("swept", {
      repositories: { shop: { url: "./shop.git" } },
      announcer: { sweep: "200ms" },
    });
    const before = (await history()).length;
    await announcer.stop();
    await stage.start("--config", config, "run", "announcer").says("ready:");
    const head = stage.git("commit-tree", "-m", "by hand", "HEAD^{tree}");
    stage.push(`${head}:refs/heads/by-hand`);
    execFileSync("git", ["update-ref", "refs/heads/moved", head], { cwd: stage.central });
    const pushes = await until("both are in the history", async () => {
      const known = await history();
      return known.length >= before + 2 && known;
    });
    expect(pushes.slice(before).map(({ ref, after }) => [ref, after])).toEqual([
      ["refs/heads/by-hand", head],
      ["refs/heads/moved", head],
    ]);
  });
});

test("a repository whose type is another one than the configuration says is refused, with the line that mends it", async () => {
  const repositories = { shop: { url: "./other.git" }, legacy: { url: "./shop.git", type: "svn" } };
  const config = stage.variant("mistaken", { repositories });
  const { status, stderr } = await stage.skein("--config", config, "hook", "install", stage.central);
  expect(status).toBe(1);
  expect(stderr).toContain("must say repositories.legacy.type: git");
});
