import { chmodSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Data } from "../../lib/messages/catalogue.ts";
import { NO_REVISION } from "../../lib/schema/names.ts";
import { jsonLines, type Running } from "../support/program.ts";
import { setStage, type Stage } from "../support/stage.ts";
import { until } from "../support/until.ts";

type Pushed = Data<"commit.pushed">;

const pushesIn = (text: string): readonly Pushed[] => jsonLines(text).map(({ data }) => data as Pushed);

describe("while skein up runs", { timeout: 60_000 }, () => {
  let stage: Stage;
  let tail: Running;
  let seen = 0;

  /** The next messages that `skein tail` prints, in the order of their refs. */
  const next = async (count: number): Promise<readonly Pushed[]> => {
    const all = await until(`skein tail prints ${count} more pushes`, () => {
      const pushes = pushesIn(tail.said().stdout);
      return pushes.length >= seen + count && pushes;
    });
    const added = all.slice(seen);
    seen = all.length;
    return added.toSorted((a, b) => a.ref.localeCompare(b.ref));
  };

  beforeAll(async () => {
    stage = await setStage();
    await stage.installHook();
    await stage.up();
    tail = stage.start("tail", "commit.pushed", "--json");
    await tail.says("listening on /topic/skein.git.commits");
  }, 60_000);
  afterAll(() => stage.close());

  test("the first push of a branch is announced as its creation, with the commits that it brought", async () => {
    stage.push("main");
    const head = stage.git("rev-parse", "HEAD");
    expect(await next(1)).toMatchObject([
      {
        repository: "shop",
        ref: "refs/heads/main",
        before: NO_REVISION,
        after: head,
        change: "created",
        pusher: "dana",
        total: 1,
        commits: [{ revision: head, author: { name: "A", email: "a@example.com" }, message: "change" }],
      },
    ]);
  });

  test("a push of further commits tells where the branch was, and lists them with the newest first", async () => {
    const before = stage.git("rev-parse", "HEAD");
    const [first, second] = [stage.commit({ "a.txt": "1" }), stage.commit({ "a.txt": "2" })];
    stage.push("main");
    const [push] = await next(1);
    expect(push).toMatchObject({
      ref: "refs/heads/main",
      before,
      after: second,
      change: "updated",
      total: 2,
    });
    expect(push?.commits.map(({ revision }) => revision)).toEqual([second, first]);
  });

  test("authors and messages beyond ASCII arrive as they were written", async () => {
    const message = "Überraschung: 価格を上げる 🪿\n\nZweite Zeile – “quoted” & <b>\n";
    writeFileSync(join(stage.folder, "work", "b.txt"), "ünï");
    stage.git("add", "--all");
    stage.git("commit", "--quiet", "--author", "Žofie Nováková <žofie@example.com>", "--message", message);
    stage.push("main");
    const [push] = await next(1);
    expect(push?.commits[0]?.author).toEqual({ name: "Žofie Nováková", email: "žofie@example.com" });
    expect(push?.commits[0]?.message.trimEnd()).toBe(message.trimEnd());
  });

  test("a commit in another encoding is told in UTF-8", async () => {
    const file = join(stage.folder, "latin1.txt");
    writeFileSync(file, Buffer.from("Preise in \xa3 ge\xe4ndert\n", "latin1"));
    stage.git("-c", "i18n.commitEncoding=ISO-8859-1", "commit", "--quiet", "--allow-empty", "--file", file);
    stage.push("main");
    const [push] = await next(1);
    expect(push?.commits[0]?.message.trimEnd()).toBe("Preise in £ geändert");
  });

  test("a light tag and an annotated tag both tell the commit that they lead to", async () => {
    const head = stage.git("rev-parse", "HEAD");
    stage.git("tag", "v1-light");
    stage.git("tag", "--annotate", "--message", "Version 1", "v1-noted");
    stage.push("v1-light");
    const tagged = {
      before: NO_REVISION,
      after: head,
      change: "created",
      total: 1,
      commits: [{ revision: head }],
    };
    expect(await next(1)).toMatchObject([{ ref: "refs/tags/v1-light", ...tagged }]);
    stage.push("v1-noted");
    expect(await next(1)).toMatchObject([{ ref: "refs/tags/v1-noted", ...tagged }]);
  });

  test("a new branch brings only the commits that no other branch has; its deletion brings none", async () => {
    stage.git("checkout", "--quiet", "-b", "feature/prices");
    const tip = stage.commit({ "c.txt": "1" });
    stage.push("feature/prices");
    expect(await next(1)).toMatchObject([
      {
        ref: "refs/heads/feature/prices",
        before: NO_REVISION,
        after: tip,
        change: "created",
        total: 1,
        commits: [{ revision: tip }],
      },
    ]);
    stage.git("checkout", "--quiet", "main");
    stage.push("--delete", "feature/prices");
    expect(await next(1)).toMatchObject([
      {
        ref: "refs/heads/feature/prices",
        before: tip,
        after: NO_REVISION,
        change: "deleted",
        total: 0,
        commits: [],
      },
    ]);
  });

  test("three refs in one push are three messages", async () => {
    const head = stage.commit({ "d.txt": "1" });
    stage.push("main", "main:refs/heads/stable", "main:refs/tags/v2");
    const pushes = await next(3);
    expect(pushes.map(({ ref, change, after }) => [ref, change, after])).toEqual([
      ["refs/heads/main", "updated", head],
      ["refs/heads/stable", "created", head],
      ["refs/tags/v2", "created", head],
    ]);
  });

  test("a push that rewrites a branch is told as forced, with what the branch has now", async () => {
    const before = stage.git("rev-parse", "HEAD");
    stage.git("reset", "--quiet", "--hard", "HEAD~2");
    const after = stage.commit({ "e.txt": "1" });
    stage.push("--force", "main");
    const [push] = await next(1);
    expect(push).toMatchObject({ ref: "refs/heads/main", before, after, change: "forced", total: 1 });
    expect(push?.commits.map(({ revision }) => revision)).toEqual([after]);
  });

  test("a ref whose name a shell could trip over is not announced, and does not hold up the refs beside it", async () => {
    const session = await stage.session();
    const said: string[] = [];
    await session.hear(["event.said"], ({ data }) => void ("text" in data && said.push(data.text)));
    stage.push("main:refs/heads/$(id)", "main:refs/heads/fine");
    expect(await next(1)).toMatchObject([{ ref: "refs/heads/fine", change: "created" }]);
    await until("people are told why", () => said.some((line) => line.includes("refs/heads/$(id)")));
    await session.close();
  });

  test("a hook that was there before runs as well, with the same input, and its words reach the developer", async () => {
    const hook = join(stage.central, "hooks", "post-receive");
    const record = join(stage.folder, "older-hook");
    expect((await stage.skein("hook", "uninstall", stage.central)).status).toBe(0);
    writeFileSync(hook, `#!/bin/sh\ncat > ${record}\necho "the older hook ran"\nexit 3\n`);
    chmodSync(hook, 0o755);
    await stage.installHook();
    const before = stage.git("rev-parse", "HEAD");
    const after = stage.commit({ "f.txt": "1" });
    expect(stage.push("main")).toContain("remote: the older hook ran");
    expect(readFileSync(record, "utf8")).toBe(`${before} ${after} refs/heads/main\n`);
    expect(await next(1)).toMatchObject([{ ref: "refs/heads/main", before, after, change: "updated" }]);
    expect((await stage.skein("hook", "uninstall", stage.central)).status).toBe(0);
    expect(readFileSync(hook, "utf8")).toContain("the older hook ran");
  });
});

describe("while nothing of Skein runs", { timeout: 60_000 }, () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await setStage();
  });
  afterAll(() => stage.close());

  const announced = async (): Promise<readonly Pushed[]> => {
    const { json } = await stage.skein("history", "--of", "pushes", "--json");
    return json.map(({ data }) => data as Pushed);
  };

  test("pushes succeed at once, and each is announced in its order at the next start", async () => {
    await stage.installHook();
    const first = stage.pushed({ "a.txt": "1" });
    const second = stage.pushed({ "a.txt": "2" });
    const up = await stage.up();
    const pushes = await until("both pushes are in the history", async () => {
      const known = await announced();
      return known.length === 2 && known;
    });
    expect(pushes.map(({ before, after, change }) => [before, after, change])).toEqual([
      [first, second, "updated"],
      [NO_REVISION, first, "created"],
    ]);
    await up.stop();
    const third = stage.pushed({ "a.txt": "3" });
    await stage.up();
    await until("the third is in the history", async () => (await announced())[0]?.after === third);
  });

  test("a push succeeds even where the hook cannot write its spool, and says so", async () => {
    const spool = join(stage.state, "spool", "announce");
    renameSync(spool, `${spool}.away`);
    writeFileSync(spool, "not a folder");
    const after = stage.commit({ "a.txt": "4" });
    expect(stage.push("main")).toContain("remote: skein: this push is announced later");
    expect(stage.git("ls-remote", "origin", "refs/heads/main")).toContain(after);
  });
});
