import { describe, expect, test } from "vitest";
import { sharedSettings } from "../../../lib/config/settings.ts";
import { type Message, message } from "../../../lib/messages/catalogue.ts";
import {
  destinationOf,
  dialectOf,
  heardAt,
  isHeardAt,
  namedApart,
  type Topics,
} from "../../../lib/messages/destinations.ts";
import { parseYaml } from "../../../lib/schema/yaml.ts";

/** The topics of a configuration, as a person writes them. */
const topicsOf = (written: string): Topics =>
  parseYaml(`topics:\n${written.replace(/^/gm, "  ")}`, sharedSettings, "skein.yaml").topics;

const event = message("event.said", { source: "deploys", text: "x", at: "2026-11-21T10:15:02Z" }) as Message;

test("a destination alone moves a type, a dialect alone moves it to where the older kit has it", () => {
  const topics = topicsOf(`
overrides:
  commit.pushed: /topic/team.commits
  build.finished: { dialect: deploykit }
  package.published: { dialect: deploykit, destination: /topic/team.packages }
  mirror.updated: { dialect: cloudevents }
`);
  expect(
    ["commit.pushed", "build.finished", "package.published", "mirror.updated", "build.started"].map((type) =>
      heardAt(type as "commit.pushed", topics),
    ),
  ).toEqual([
    "/topic/team.commits",
    "/topic/future.jenkins.*",
    "/topic/team.packages",
    "/topic/skein.mirrors",
    "/topic/skein.ci.status",
  ]);
  expect(dialectOf("commit.pushed", topics)).toBe("cloudevents");
  expect(dialectOf("package.published", topics)).toBe("deploykit");
});

test("lines for people go to a topic of their speaker, and are heard from all", () => {
  const topics = topicsOf("prefix: team.deploy");
  expect(destinationOf(event, topics)).toBe("/topic/team.deploy.events.deploys");
  expect(heardAt("event.said", topics)).toBe("/topic/team.deploy.events.*");
  const one = topicsOf("overrides: { event.said: /topic/chat }");
  expect([destinationOf(event, one), heardAt("event.said", one)]).toEqual(["/topic/chat", "/topic/chat"]);
});

test("what is for one host is heard by that host alone", () => {
  const topics = topicsOf("prefix: skein");
  expect(heardAt("deploy.go", topics, "web1")).toBe("/topic/skein.agent.web1");
  expect(isHeardAt("deploy.go", "/topic/skein.agent.web1", topics, "web1")).toBe(true);
  expect(isHeardAt("deploy.go", "/topic/skein.agent.web2", topics, "web1")).toBe(false);
});

describe("the broker of this machine lets through", () => {
  const topics = topicsOf(`
overrides:
  commit.pushed: { dialect: deploykit }
  build.finished: { dialect: deploykit, destination: "/topic/ci.{result}" }
  deploy.go: "/topic/hosts.{host}"
`);

  const isNamed = namedApart(topics);

  test.each([
    "/topic/future.git.commits",
    "/topic/ci.success",
    "/topic/ci.*",
    "/topic/hosts.web1.example.com",
    "/topic/future.events.gitolite",
    "/topic/future.events.*",
  ])("%s, which the configuration names", (destination) => {
    expect(isNamed(destination)).toBe(true);
  });

  test.each([
    "/topic/future.git.commits.x",
    "/queue/future.git.commits",
    "/topic/future.access.stage",
    "/topic/future.>",
    "/topic/future.events.>",
    "/topic/future.events.#",
    "/topic/>",
    "/topic/ci.a.b",
    "/topic/ciXsuccess",
  ])("not %s", (destination) => {
    expect(isNamed(destination)).toBe(false);
  });

  test("no topic of the older kit where none is spoken", () => {
    expect(namedApart(topicsOf("prefix: skein"))("/topic/future.events.gitolite")).toBe(false);
  });
});

test.each([
  [
    "commit.pushed: [1]",
    "topics.overrides.commit.pushed must be /topic/NAME or /queue/NAME, or a section with a destination and a dialect: cloudevents or deploykit",
  ],
  ["commit.pushed: future.git.commits", "must be /topic/NAME or /queue/NAME"],
  ["commit.pushed: { dialect: ruby }", "must be"],
  ["commit.pushed: { dialekt: deploykit }", "dialekt is not a known key"],
  ["commit.pushed: { destination: 7 }", "must be"],
  [
    "daemon.alive: { dialect: deploykit }",
    "cannot be in dialect deploykit: the older kit has no such message",
  ],
  ["commit.pushed: '/topic/x.{host}'", "must not hold {host}: a commit.pushed has none"],
  ["build.finished: '/queue/x.{result}'", "must be a topic to hold {result}"],
  ["commit.pushd: /topic/x", "commit.pushd"],
])("a configuration with %s is refused", (line, why) => {
  expect(() => topicsOf(`overrides:\n  ${line}`)).toThrow(why);
  expect(() => topicsOf(`overrides:\n  ${line}`)).toThrow(
    expect.objectContaining({ code: "CONFIG_INVALID" }),
  );
});
