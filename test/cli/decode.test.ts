import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { aPush, revisionOf } from "../support/builders.ts";
import { aFolder } from "../support/folder.ts";
import { jsonLines, runSkein } from "../support/program.ts";

const ENVIRONMENT = { PATH: process.env["PATH"] ?? "" };

/** Runs a command over lines, in a folder where nothing is configured unless a test says so. */
async function lines(words: readonly string[], input: readonly unknown[], config?: string) {
  const cwd = aFolder();
  if (config !== undefined) writeFileSync(join(cwd, "skein.yaml"), config);
  const text = input.map((each) => (typeof each === "string" ? each : JSON.stringify(each))).join("\n");
  const { status, stdout, stderr } = await runSkein(words, { cwd, env: ENVIRONMENT, input: text });
  return { status, stderr, said: jsonLines(stdout) };
}

const commitText = (repository = "shop") =>
  `repo: ${repository}\noldrev: ${revisionOf("1")}\nnewrev: ${revisionOf("a")}\nrefname: refs/heads/main\n`;
const frame = (body: string, destination = "/topic/future.git.commits") => ({
  destination,
  headers: {},
  body,
});

describe("skein decode", () => {
  test("answers each line with one: a message, a beat, or why it is none", async () => {
    const { status, said, stderr } = await lines(
      ["decode"],
      [
        frame(commitText()),
        frame("\n"),
        frame("repo"),
        "this is no JSON",
        "[1]",
        { destination: "/topic/x" },
        {
          destination: "/topic/future.git.commits",
          body_base64: Buffer.from(commitText("site")).toString("base64"),
        },
        "",
        {
          headers: { destination: "/topic/future.events.jenkins", "content-type": "text/plain" },
          body: "built",
        },
        { destination: "/topic/x", headers: { "content-type": "application/cloudevents+json" }, body: "{}" },
        // The last line may lack its end.
      ],
    );
    expect(said).toMatchObject([
      { type: "commit.pushed", data: { repository: "shop", after: revisionOf("a") } },
      { ignored: "beat" },
      { refused: "MESSAGE_INVALID", reason: expect.stringContaining("it has no line repo:") as string },
      { refused: "MESSAGE_INVALID", reason: expect.stringContaining("it is not JSON") as string },
      { refused: "MESSAGE_INVALID", reason: expect.stringContaining("it must be") as string },
      { refused: "MESSAGE_INVALID", reason: expect.stringContaining("it has no body") as string },
      { type: "commit.pushed", data: { repository: "site" } },
      { refused: "MESSAGE_INVALID", reason: expect.any(String) as string },
      { type: "event.said", data: { source: "jenkins", text: "built" } },
      { refused: "MESSAGE_INVALID", reason: expect.any(String) as string },
    ]);
    expect(said).toHaveLength(10);
    expect([status, stderr]).toEqual([0, ""]);
  });

  test("knows the topics of a configuration, and refuses one that is wrong or missing", async () => {
    const chat = frame("repo: this is only talk", "/topic/team.chat.jenkins");
    const config = 'topics: { overrides: { event.said: "/topic/team.chat.{source}" } }\n';
    expect((await lines(["decode"], [chat], config)).said).toMatchObject([
      { type: "event.said", data: { source: "jenkins" } },
    ]);
    expect(await lines(["decode"], [chat], "topics: 7\n")).toMatchObject({ status: 78, said: [] });
    expect(await lines(["decode", "--config", "nosuch.yaml"], [chat])).toMatchObject({
      status: 78,
      said: [],
    });
  });

  test("goes on after a line of ten megabytes, and ends well where nothing comes", async () => {
    const { said } = await lines(["decode"], [frame(commitText() + "x".repeat(10_000_000)), frame("\n")]);
    expect(said).toMatchObject([{ type: "commit.pushed" }, { ignored: "beat" }]);
    expect(await lines(["decode"], [])).toMatchObject({ status: 0, said: [] });
  });
});

describe("skein encode", () => {
  const push = { type: "commit.pushed", data: aPush() };

  test("writes events, and the older kit's frames where it is asked to, which decode to the same", async () => {
    const { said: events } = await lines(["encode"], [push]);
    expect(events).toMatchObject([
      {
        destination: "/topic/skein.git.commits",
        headers: { "content-type": "application/cloudevents+json" },
      },
    ]);
    const { said: texts } = await lines(["encode", "--dialect", "deploykit"], [push]);
    expect(texts.map(({ destination }) => destination)).toEqual([
      "/topic/future.git.commits",
      "/topic/future.events.gitolite",
    ]);
    expect(Object.keys(texts[0]?.["headers"] ?? {})).toEqual([
      "subject",
      "destination",
      "content-length",
      "content-type",
    ]);
    const { repository, ref, before, after, change } = aPush();
    const envelopes = (await lines(["decode"], [...events, ...texts])).said;
    expect(envelopes.map(({ type }) => type)).toEqual(["commit.pushed", "commit.pushed", "event.said"]);
    for (const envelope of envelopes.slice(0, 2))
      expect(envelope).toMatchObject({ data: { repository, ref, before, after, change } });
    // A whole envelope is taken as it is.
    const again = (await lines(["encode"], envelopes)).said.map(
      ({ body }) => JSON.parse(String(body)) as object,
    );
    expect(again).toMatchObject(envelopes);
  });

  test("names the destinations of a configuration", async () => {
    const config =
      "topics: { overrides: { commit.pushed: { destination: /topic/team.commits, dialect: deploykit } } }\n";
    const { said } = await lines(["encode", "--dialect", "deploykit"], [push], config);
    expect(said[0]).toMatchObject({ destination: "/topic/team.commits" });
  });

  test("refuses what is no message, and what the older kit does not have, line by line", async () => {
    const { status, said } = await lines(
      ["encode", "--dialect", "deploykit"],
      [
        "{",
        { type: "x.y", data: {} },
        { type: "commit.pushed", data: {} },
        { data: 1 },
        { type: "host.asked", data: { question: "0123456789abcdef", refs: false } },
        push,
      ],
    );
    expect(said.slice(0, 5).map(({ refused }) => refused)).toEqual([
      "MESSAGE_INVALID",
      "MESSAGE_UNKNOWN",
      "MESSAGE_INVALID",
      "MESSAGE_INVALID",
      "DIALECT_LACKS",
    ]);
    expect(said).toHaveLength(7);
    expect(status).toBe(0);
  });
});

/** The examples of the guide: a command, its lines, and what it prints. */
const guide = readFileSync("docs/guides/older-kit.md", "utf8");
const EXAMPLES = [...guide.matchAll(/^\$ skein (.*) <<'END'\n([^]*?)\nEND\n([^]*?)\n```$/gm)].map(
  ([, words = "", input = "", output = ""]) => [words, input, output] as const,
);

test("the guide has examples", () => expect(EXAMPLES).toHaveLength(2));

test.each(EXAMPLES)("the guide's example of skein %s is true", async (words, input, output) => {
  /** Ids and times are different each time. */
  const steady = (text: string) =>
    text.replace(/"(time|at)":"[^"]*"/g, '"$1":"NOW"').replace(/"(id|correlation)":"[^"]*"/g, '"$1":"ID"');
  const { said } = await lines(words.split(" "), input.split("\n"));
  expect(said.map((each) => steady(JSON.stringify(each)))).toEqual(steady(output).split("\n"));
});
