import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Frame } from "../../daemons/broker/codec/frame.ts";
import { type Client, dial } from "../daemons/broker/support/client.ts";
import { greenWaiter, stompGit317, stompGit320, stompJenkins } from "../lib/messages/dialect/readers.ts";
import { jsonLines } from "../support/program.ts";
import { setStage, type Stage } from "../support/stage.ts";
import { until } from "../support/until.ts";

const DIALECT = { dialect: "deploykit" };
let stage: Stage;
let older: Client;
/** Where a second repository is, which only the older kit announces and builds, and the checkouts of both. */
let places: string;
const docs = () => join(places, "docs.git");
const heard: Frame[] = [];

/** What a visitor of a checkout finds. */
const page = (repository: string, file = "index.html"): string | undefined => {
  const path = join(places, repository, file);
  return existsSync(path) ? readFileSync(path, "utf8") : undefined;
};

/** The text that an older daemon got from a topic. */
const textOn = (destination: string, holds = "") =>
  until(`a text with ${holds} on ${destination}`, () => {
    const frame = heard.find(
      ({ headers, body }) => headers.get("destination") === destination && body.toString().includes(holds),
    );
    return frame && { subject: frame.headers.get("subject") ?? "", body: frame.body.toString() };
  });

/** Says something as the older daemons do. */
const say = (destination: string, subject: string, body: string) =>
  older.write(
    `SEND\nsubject:${subject}\ndestination:${destination}\ncontent-length:${Buffer.byteLength(body)}\n` +
      `content-type:text/plain; charset=UTF-8\n\n${body}\0\n`,
  );

beforeAll(async () => {
  const overrides = {
    "commit.pushed": DIALECT,
    "build.started": DIALECT,
    "build.finished": DIALECT,
    "event.said": DIALECT,
  };
  places = realpathSync(mkdtempSync(join(tmpdir(), "skein-older-kit-")));
  execFileSync("git", ["init", "--quiet", "--bare", "--initial-branch=main", docs()]);
  const checkout = (repository: string) => ({
    repository,
    mode: "branch",
    branch: "main",
    target: join(places, repository),
    on: "build",
  });
  stage = await setStage({
    config: {
      topics: { overrides },
      repositories: { shop: { url: "./shop.git", ci: true }, docs: { url: docs() } },
      "repo-updater": { checkouts: { shop: checkout("shop"), docs: checkout("docs") } },
    },
  });
  await stage.installHook();
  await stage.up();
  const { address, login, passcode } = JSON.parse(
    readFileSync(join(stage.state, "broker.json"), "utf8"),
  ) as Record<string, string>;
  older = await dial(Number(/\d+$/.exec(address ?? "")?.[0]));
  older.write(`CONNECT\nlogin:${login}\npasscode:${passcode}\n\n\0`);
  expect((await older.hear()).command).toBe("CONNECTED");
  for (const topic of [
    "git.commits",
    "jenkins.begin",
    "jenkins.success",
    "jenkins.cake",
    "events.gitolite",
    "events.jenkins",
  ])
    await older.told("SUBSCRIBE", { id: topic, destination: `/topic/future.${topic}` });
  void (async () => {
    for (let frame = await older.hearOrEnd(); frame !== undefined; frame = await older.hearOrEnd())
      heard.push(frame);
  })();
}, 60_000);
afterAll(async () => {
  await older.leave();
  await stage.close();
  rmSync(places, { recursive: true, force: true });
});

test(
  "a push, its build and its rollout go through with the older texts on the wire, and older daemons follow",
  { timeout: 60_000 },
  async () => {
    const revision = stage.commit({ "index.html": "hello" });
    stage.git(
      "commit",
      "--quiet",
      "--amend",
      "--message",
      "Say hello\n\nrepo: payroll\nrefname: refs/heads/evil",
    );
    stage.push("HEAD:main");
    const head = stage.git("rev-parse", "HEAD");
    expect(head).not.toBe(revision);

    const commit = await textOn("/topic/future.git.commits", head);
    expect(commit.body).toContain("\n repo: payroll\n refname: refs/heads/evil\n");
    expect(stompGit317(commit)).toEqual({ repo: "shop", branch: "main", revision: head });
    expect(stompGit320(commit)).toMatchObject({ name: "shop", after: head, user: "dana" });
    expect(stompJenkins(commit)).toEqual({ repo: "shop", project: undefined, refname: "refs/heads/main" });
    const green = await textOn("/topic/future.jenkins.success", "Status: Success");
    expect(greenWaiter(green)).toMatchObject({
      repo: "shop",
      status: "Success",
      branch: "shop/main",
      commit: head,
    });
    expect((await textOn("/topic/future.events.gitolite", head)).subject).toBe("Talking to eventbot");
    await until("what passed is checked out", () => page("shop") === "hello");

    const { status, stderr } = await stage.skein("deploy", "shop", "main", "--hosts", "web1");
    expect({ status, stderr }).toMatchObject({ status: 0 });
    expect(stage.live("web1")).toMatchObject({ revision: head });
  },
);

test("a red build is a cake", { timeout: 60_000 }, async () => {
  stage.pushed({ broken: "yes" });
  const cake = await textOn("/topic/future.jenkins.cake", "Status: Cake");
  expect(cake.subject).toMatch(/^Fail job 0 - \[shop\] shop\/main [0-9a-f]{40}$/);
  expect(page("shop", "broken")).toBeUndefined();
  stage.pushed({ broken: undefined, "index.html": "mended" });
  await until("the next one that passes is checked out", () => page("shop") === "mended");
  expect(page("shop", "broken")).toBeUndefined();
});

test(
  "where the older kit announces and builds, only what its CI found good is checked out",
  { timeout: 60_000 },
  async () => {
    let former = "0".repeat(40);
    /** Pushes to the repository that has no hook of Skein, and says so as the older hook does. */
    const announced = (contents: string): string => {
      const revision = stage.commit({ "index.html": contents });
      stage.git("push", "--quiet", docs(), "HEAD:main");
      say(
        "/topic/future.git.commits",
        `[docs] refs/heads/main ${revision}`,
        `repo: docs\noldrev: ${former}\nnewrev: ${revision}\nrefname: refs/heads/main\n ${revision}\n` +
          "Author: Kit\nDate: 2014-09-24 12:00:02 +0100\n\nrepo: shop\n\n",
      );
      former = revision;
      return revision;
    };
    /** Says of a build what jenkins-helper says. */
    const built = (revision: string, verb: "Complete" | "Fail") =>
      say(
        `/topic/future.jenkins.${verb === "Fail" ? "cake" : "success"}`,
        `${verb} job 7 - [docs-tests] docs/main ${revision}`,
        `Repo: docs\nURL: http://jenkins.example.com/job/docs-tests/7/\nStatus: ${verb === "Fail" ? "Cake" : "Success"}\n`,
      );
    const remembered = (revision: string) =>
      until(`the ledger has the build of ${revision}`, async () => {
        const { json } = await stage.skein("history", "--of", "builds", "--json");
        return json.some(({ data }) => (data as { build: string }).build === `docs@${revision}`);
      });

    built(announced("first"), "Complete");
    await until("the first one is checked out", () => page("docs") === "first");
    const bad = announced("bad");
    built(bad, "Fail");
    await remembered(bad);
    expect(page("docs")).toBe("first");
    built(announced("third"), "Complete");
    await until("the third one is checked out", () => page("docs") === "third");
  },
);

test(
  "a job of Jenkins tells of its build as it told with the older helper",
  { timeout: 60_000 },
  async () => {
    const commit = stage.git("rev-parse", "HEAD");
    const tell = (word: string, said: Readonly<Record<string, string>> = {}) =>
      stage.skeinIn(
        {
          BUILD_NUMBER: "42",
          JOB_NAME: "my-Jenkins-project",
          GIT_BRANCH: "shop/master",
          GIT_COMMIT: commit,
          BUILD_URL: "http://jenkins.example.com:8080/job/my-Jenkins-project/42/",
          ...said,
        },
        "ci-status",
        word,
      );
    const subject = `job 42 - [my-Jenkins-project] shop/master ${commit}`;
    for (const [word, verb, topic] of [
      ["-b", "Begin", "begin"],
      ["-p", "Complete", "success"],
      ["-c", "Fail", "cake"],
    ] as const) {
      expect(await tell(word)).toMatchObject({ status: 0, stderr: "" });
      const text = await textOn(`/topic/future.jenkins.${topic}`, "my-Jenkins-project");
      expect(text.subject).toBe(`${verb} ${subject}`);
      expect(greenWaiter(text)).toMatchObject({ repo: "shop", branch: "shop/master", commit });
      expect((await textOn("/topic/future.events.jenkins", `${verb} ${subject}`)).subject).toBe(
        "Talking to eventbot",
      );
    }
    const unclear = await tell("--success", { GIT_BRANCH: "" });
    expect(unclear).toMatchObject({ status: 1 });
    expect(unclear.stderr).toContain("[BUILD_UNCLEAR]");
    const both = await stage.skeinIn({}, "ci-status", "--success", "--failure");
    expect(both).toMatchObject({ status: 64 });
    const lenient = await stage.skeinIn({}, "ci-status", "--begin", "--never-fail");
    expect(lenient).toMatchObject({ status: 0 });
    expect(lenient.stderr).toContain("[BUILD_UNCLEAR]");
  },
);

test(
  "what older daemons say is remembered, and what killed them is set aside",
  { timeout: 60_000 },
  async () => {
    const [was, is] = ["1".repeat(40), "b".repeat(40)];
    say("/topic/future.git.commits", "", "\n");
    say("/topic/future.git.commits", "[x] refs/heads/x 1", "repo");
    say(
      "/topic/future.git.commits",
      `[elsewhere] refs/heads/main ${is}`,
      `repo: elsewhere\noldrev: ${was}\nnewrev: ${is}\nrefname: refs/heads/main\n ${is}\nAuthor: Kit\nDate: 2014-09-24 12:00:02 +0100\n\nrepo: shop\n\n`,
    );
    say("/topic/future.events.jenkins", "Talking to eventbot", "Requested Jenkins build: [x] / job");
    const history = await until("the ledger has it", async () => {
      const { stdout } = await stage.skein("history", "--of", "pushes", "--json");
      return stdout.includes("elsewhere") && stdout;
    });
    expect(
      jsonLines(history).find(({ data }) => (data as { repository: string }).repository === "elsewhere"),
    ).toMatchObject({
      type: "commit.pushed",
      source: "//deploykit/topic/future.git.commits",
      data: { after: is, commits: [{ author: { name: "Kit" }, message: "repo: shop" }] },
    });
  },
);
