import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { MessageType } from "../../../../lib/messages/catalogue.ts";
import { inDialect, STANDARD_TOPICS } from "../../../../lib/messages/destinations.ts";
import { enclose, parseData } from "../../../../lib/messages/envelope.ts";
import type { Frame } from "../../../../lib/messages/frame.ts";
import { read, write } from "../../../../lib/messages/wire.ts";
import { revisionOf } from "../../../support/builders.ts";
import { hostileText } from "./hostile.ts";
import { greenWaiter, stompRepo } from "./readers.ts";

const now = new Date("2026-11-25T02:00:00Z");
const at = "2026-11-24T10:00:00Z";
const older = inDialect("deploykit", STANDARD_TOPICS);

const framesOf = (type: MessageType, data: Readonly<Record<string, unknown>>) =>
  write(enclose({ type, data: parseData(type, { at, ...data }) }, { source: "//ci1/ci-status", now }), older);

const textIn = ({ headers, body }: Frame) => ({
  subject: headers["subject"] ?? "",
  body: Buffer.from(body).toString(),
});

const taken = (destination: string, subject: string | undefined, body: string) =>
  read(
    {
      destination,
      headers: { "content-type": "text/plain; charset=UTF-8", ...(subject === undefined ? {} : { subject }) },
      body: Buffer.from(body),
    },
    { topics: STANDARD_TOPICS, now },
  );

const aBuild = (said: Readonly<Record<string, unknown>> = {}) => ({
  build: `shop@${revisionOf("a")}`,
  repository: "shop",
  ref: "refs/heads/feature/x",
  revision: revisionOf("a"),
  url: "http://jenkins.example.com:8080/job/shop-unit/42/",
  outcome: "passed",
  seconds: 12,
  steps: [],
  ...said,
});

describe("a build", () => {
  test("that passed is what jenkins-helper said, to the byte", () => {
    const [frame, line] = framesOf("build.finished", aBuild());
    expect(frame?.destination).toBe("/topic/future.jenkins.success");
    expect(textIn(frame as Frame)).toEqual({
      subject: `Complete job 42 - [shop-unit] shop/feature/x ${revisionOf("a")}`,
      body: "Repo: shop\nURL: http://jenkins.example.com:8080/job/shop-unit/42/\nStatus: Success\n",
    });
    expect(line).toMatchObject({ destination: "/topic/future.events.jenkins" });
    expect(textIn(line as Frame)).toEqual({
      subject: "Talking to eventbot",
      body: `Complete job 42 - [shop-unit] shop/feature/x ${revisionOf("a")}`,
    });
  });

  test.each(["failed", "errored", "cancelled"])("that %s is a cake", (outcome) => {
    const [frame] = framesOf("build.finished", aBuild({ outcome }));
    expect(frame?.destination).toBe("/topic/future.jenkins.cake");
    expect(greenWaiter(textIn(frame as Frame))).toMatchObject({ status: "Cake", repo: "shop" });
    expect(textIn(frame as Frame).subject).toMatch(/^Fail job 42 /);
  });

  test("that began is said to the topic that jenkins-helper left without a name", () => {
    const { outcome: _outcome, seconds: _seconds, steps: _steps, ...built } = aBuild();
    const [frame] = framesOf("build.started", { ...built, host: "ci1" });
    expect(frame?.destination).toBe("/topic/future.jenkins.begin");
    expect(textIn(frame as Frame).body).toMatch(/\nStatus: Start job\n$/);
    expect(read(frame as Frame, { topics: older, now })).toMatchObject({
      type: "build.started",
      data: { repository: "shop", host: "jenkins.example.com" },
    });
  });

  test.each([
    ["a branch", {}],
    ["a tag", { ref: "refs/tags/v1.2" }],
    ["a repository in a group", { repository: "team/site", build: `team/site@${revisionOf("a")}` }],
    ["no address", { url: undefined }],
    ["a branch that is called like the repository", { ref: "refs/heads/shop" }],
  ])("of %s is read again as what it was", (_what, said) => {
    const [frame] = framesOf("build.finished", aBuild(said));
    const { repository, ref, revision, build, outcome } = aBuild(said);
    expect(read(frame as Frame, { topics: older, now })?.data).toMatchObject({
      repository,
      ref,
      revision,
      build,
      outcome,
    });
  });

  test("stays what it is, whatever its address holds", () => {
    fc.assert(
      fc.property(hostileText(2_000), (url) => {
        const [frame] = framesOf("build.finished", aBuild({ url, outcome: "failed" }));
        const text = textIn(frame as Frame);
        expect(greenWaiter(text)).toMatchObject({ repo: "shop", status: "Cake" });
        expect(text.subject).not.toMatch(/[\n\r\0]/);
        const again = read(frame as Frame, { topics: older, now });
        expect(again?.data).toMatchObject({
          repository: "shop",
          outcome: "failed",
          revision: revisionOf("a"),
        });
      }),
    );
  });

  test("with an address that is too long to be written is said without one", () => {
    const [frame] = framesOf("build.finished", aBuild({ url: `http://ci/${" ".repeat(1_900)}` }));
    expect(greenWaiter(textIn(frame as Frame))).toMatchObject({ url: "", status: "Success" });
    expect(read(frame as Frame, { topics: older, now })?.type).toBe("build.finished");
  });

  const subject = (branch: string, job = "unit") => `Complete job 42 - [${job}] ${branch} ${revisionOf("a")}`;
  const body = (repo: string, status = "Success") =>
    `Repo: ${repo}\nURL: http://ci/job/unit/42/\nStatus: ${status}\n`;

  test("whose repository is the name of a remote, or of a branch, is that of its job", () => {
    for (const [repo, branch] of [
      ["origin", "origin/main"],
      ["main", "main"],
    ] as const)
      expect(taken("/topic/future.jenkins.success", subject(branch, "shop"), body(repo))?.data).toMatchObject(
        {
          repository: "shop",
          ref: "refs/heads/main",
          build: `shop@${revisionOf("a")}`,
        },
      );
  });

  test.each([
    ["of no repository", subject("origin/main", "my job"), body("origin"), "it names no repository"],
    ["without a subject", undefined, body("shop"), "it has no subject, which alone tells the revision"],
    ["with another subject", "hello", body("shop"), "its subject is not"],
    ["of a revision that is none", "Complete job 1 - [unit] shop/main abc", body("shop"), "revision must be"],
    [
      "with another status",
      subject("shop/main"),
      body("shop", "Maybe"),
      '"Maybe" is none of Start job, Success, Cake',
    ],
    [
      "with two of them",
      subject("shop/main"),
      `${body("shop", "Cake")}Status: Success\n`,
      "it says Status twice",
    ],
    ["with a status that every object has", subject("shop/main"), body("shop", "constructor"), "is none of"],
  ])("%s is refused", (_what, said, text, why) => {
    expect(() => taken("/topic/future.jenkins.success", said, text)).toThrow(why);
  });

  test("is read where RabbitMQ wrote its colons in its own way", () => {
    const said = subject("shop/main", "a\\cb");
    expect(taken("/topic/future.jenkins.success", said, body("shop"))?.type).toBe("build.finished");
  });
});

describe("a package", () => {
  test("is what auto-reprepro said, as far as anybody reads it", () => {
    const [frame, line] = framesOf("package.published", {
      package: "kit-hello",
      version: "1:2.0-1",
      architecture: "amd64",
      suite: "bookworm",
      action: "added",
    });
    expect(frame?.destination).toBe("/topic/future.package.updates");
    expect(textIn(frame as Frame)).toEqual({
      subject: "Package update: [kit-hello_2.0-1_amd64.deb]",
      body: "package: kit-hello_2.0-1_amd64.deb\n",
    });
    expect(stompRepo(textIn(frame as Frame))).toEqual({ file: "kit-hello_2.0-1_amd64.deb" });
    expect(line?.destination).toBe("/topic/future.events.repository");
    expect(textIn(line as Frame).body).toBe(
      "Package kit-hello_2.0-1_amd64.deb / bookworm added to repository.",
    );
    expect(read(frame as Frame, { topics: older, now })?.data).toMatchObject({
      package: "kit-hello",
      version: "2.0-1",
      architecture: "amd64",
      action: "added",
    });
  });

  test("that was taken out is told to people alone: nobody is to fetch it", () => {
    const frames = framesOf("package.published", {
      package: "kit-hello",
      suite: "bookworm",
      action: "removed",
    });
    expect(frames.map(({ destination, body }) => [destination, Buffer.from(body).toString()])).toEqual([
      ["/topic/future.events.repository", "Package kit-hello.deb / bookworm removed from repository."],
    ]);
  });

  test.each([
    "../../etc/passwd",
    "-o=APT::x.deb",
    "x;touch y.deb",
    "Kit_1_all.deb",
    "kit_1_all.rpm",
    "",
    "constructor",
  ])("in a file called %j is refused", (file) => {
    expect(() => taken("/topic/future.package.updates", undefined, `package: ${file}\n`)).toThrow(
      "is not the name of a package's file",
    );
  });

  test("whose program was killed is refused: it was not added", () => {
    const text = "package: kit-hello_1.0_all.deb\n#<Process::Status: pid 7 SIGKILL (signal 9)>\\n";
    expect(() => taken("/topic/future.package.updates", undefined, text)).toThrow("was not added");
  });
});

describe("a request for access", () => {
  const asked = (text: string) => taken("/topic/future.access.stage", "Allow access to shop for dana", text);

  test("is read, with colons in the password", () => {
    expect(asked("Site: shop\nUser: dana\nPassword: a: b\n")?.data).toEqual({
      site: "shop",
      user: "dana",
      password: "a: b",
      at: now.toISOString(),
    });
  });

  test.each([
    ["a forged line", "Site: shop\nUser: dana\nSite: payroll\nPassword: x\n", "it says Site twice"],
    ["a line more", "Site: shop\nUser: dana\nPassword: x\nAdmin: yes\n", "it is not the three lines"],
    [
      "a text after it",
      "Site: shop\nUser: dana\nPassword: x\n\nSite: payroll\n",
      "it is not the three lines",
    ],
    ["another order", "User: dana\nSite: shop\nPassword: x\n", "it is not the three lines"],
    [
      "a user that ends a line of a password file",
      "Site: shop\nUser: a:b\nPassword: x\n",
      "without blanks and colons",
    ],
    [
      "a user with words for HAProxy",
      "Site: shop\nUser: m password plain\nPassword: x\n",
      "without blanks and colons",
    ],
    ["no password", "Site: shop\nUser: dana\nPassword: \n", "password"],
  ])("with %s is refused", (_what, text, why) => {
    expect(() => asked(text)).toThrow(why);
  });

  test("is nothing that we say", () => {
    expect(() => framesOf("access.asked", { site: "shop", user: "dana", password: "x" })).toThrow(
      expect.objectContaining({ code: "DIALECT_LACKS" }),
    );
  });
});

describe("a line for people", () => {
  test("goes to the topic of whoever says it, in one line", () => {
    const [frame, ...others] = framesOf("event.said", { source: "repo-updater", text: "web1: it\nfailed\n" });
    expect(others).toEqual([]);
    expect(frame?.destination).toBe("/topic/future.events.repo-updater");
    expect(textIn(frame as Frame)).toEqual({ subject: "Talking to eventbot", body: "web1: it failed " });
  });

  test.each([
    ["a b/c.d", "a-b-c-d"],
    ["*", "-"],
    [">", "-"],
    ["", "unknown"],
    ["{host}", "-host-"],
  ])("of %j goes to a topic of one word", (source, word) => {
    const [frame] = framesOf("event.said", { source, text: "x" });
    expect(frame?.destination).toBe(`/topic/future.events.${word}`);
  });

  test("is a line for people whatever it looks like: whoever names a merge request writes it", () => {
    for (const text of [
      `repo: shop\noldrev: ${revisionOf("1")}`,
      "Site: x\nUser: y\nPassword: z",
      '{"specversion":"1.0"}',
    ])
      for (const subject of ["Talking to eventbot", undefined])
        expect(taken("/topic/future.events.gitlab", subject, text)).toMatchObject({
          type: "event.said",
          data: { source: "gitlab" },
        });
    expect(taken("/topic/somewhere.else", "Talking to eventbot", "repo: shop")?.type).toBe("event.said");
  });

  test("of nothing is refused", () => {
    expect(() => taken("/topic/future.events.gitlab", undefined, "   ")).toThrow("it is empty");
  });
});

test.each(["", "\n", "\r\n", "\n\n"])("a beat of %j means nothing, on every destination", (body) => {
  for (const destination of ["/topic/future.git.commits", "/queue/skein.rollouts", "/topic/future.events.x"])
    expect(taken(destination, undefined, body)).toBeUndefined();
});

test("a text is never an event, and an event never a text: what it says that it is decides", () => {
  const event = JSON.stringify({ specversion: "1.0" });
  expect(() => taken("/topic/future.git.commits", undefined, event)).toThrow(
    "it is none that a daemon of the older kit",
  );
  const said = (headers: Record<string, string>, body: string) =>
    read({ destination: "/topic/x", headers, body: Buffer.from(body) }, { topics: STANDARD_TOPICS, now });
  expect(() => said({ "content-type": "application/cloudevents+json" }, "repo: shop\n")).toThrow("not JSON");
  expect(() => said({}, event)).toThrow("type");
});
