import { afterAll, beforeAll, expect, test } from "vitest";
import type { Frame } from "../../daemons/broker/codec/frame.ts";
import { type Client, dial } from "../daemons/broker/support/client.ts";
import { greenWaiter, stompGit317, stompGit320, stompJenkins } from "../lib/messages/dialect/readers.ts";
import { brokerOf } from "../support/older-kit.ts";
import { jsonLines } from "../support/program.ts";
import { setStage, type Stage } from "../support/stage.ts";
import { until } from "../support/until.ts";

const DIALECT = { dialect: "deploykit" };
let stage: Stage;
let older: Client;
const heard: Frame[] = [];

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
  stage = await setStage({ config: { topics: { overrides } } });
  await stage.installHook();
  await stage.up();
  const { port, login, passcode } = brokerOf(stage.state);
  older = await dial(port);
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

    const { status, stderr } = await stage.skein("deploy", "shop", "main", "--hosts", "web1");
    expect({ status, stderr }).toMatchObject({ status: 0 });
    expect(stage.live("web1")).toMatchObject({ revision: head });
  },
);

test("a red build is a cake", { timeout: 60_000 }, async () => {
  stage.pushed({ broken: "yes" });
  const cake = await textOn("/topic/future.jenkins.cake", "Status: Cake");
  expect(cake.subject).toMatch(/^Fail job 0 - \[shop\] shop\/main [0-9a-f]{40}$/);
});

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
