import { expect, test } from "vitest";
import { memoryHub } from "../../../lib/bus/memory.ts";
import type { Delivery } from "../../../lib/bus/bus.ts";
import { defineDaemon } from "../../../lib/daemon/define.ts";
import { message } from "../../../lib/messages/catalogue.ts";
import { encode, enclose } from "../../../lib/messages/envelope.ts";
import { z } from "zod";
import { aPush, revisionOf } from "../../support/builders.ts";
import { start } from "../../support/daemons.ts";
import { until } from "../../support/until.ts";

/** Says that a build passed for every push, and echoes lines for people. */
const eager = defineDaemon({
  name: "eager",
  summary: "Passes everything.",
  config: z.strictObject({}),
  on: {
    "commit.pushed": ({ repository, ref, after, at }) => [
      message("build.finished", {
        build: `${repository}@${after}` as never,
        repository,
        ref,
        revision: after,
        outcome: "passed",
        at,
        seconds: 1,
        steps: [],
      }),
    ],
    "access.asked": ({ user, at }) => [message("event.said", { source: "door", text: `let in ${user}`, at })],
  },
});

const older = {
  "commit.pushed": { dialect: "deploykit" },
  "build.finished": { dialect: "deploykit" },
  "event.said": { dialect: "deploykit" },
};

/** The daemon among older ones: what it hears and says are frames. */
async function amongOlder(overrides: Readonly<Record<string, unknown>> = older) {
  const hub = memoryHub();
  const heard: Delivery[] = [];
  for (const destination of ["/topic/future.>", "/topic/skein.>", "/queue/skein.dead"])
    await hub
      .connect()
      .subscribe({ destination, kind: "news", name: "older", concurrency: 1 }, async (each) => {
        if (each.headers["subject"]?.includes("eager on test is") !== true) heard.push(each);
      });
  const daemon = await start(eager, () => ({ topics: { overrides } }), hub);
  const bus = hub.connect();
  return {
    stop: daemon.stop,
    say: async (destination: string, body: string, headers: Readonly<Record<string, string>> = {}) =>
      bus.publish({ destination, headers, body: Buffer.from(body), persistent: false }),
    /** What was said besides what a test itself said, one line each. */
    hears: (destination: string) =>
      until(`something on ${destination}`, () => heard.find((each) => each.destination === destination)),
    count: () => heard.length,
  };
}

const text = (repository: string) =>
  `repo: ${repository}\noldrev: ${revisionOf("1")}\nnewrev: ${revisionOf("a")}\nrefname: refs/heads/main\n\nrepo: evil\n`;
const PLAIN = { subject: "x", "content-type": "text/plain; charset=UTF-8" };

test("a daemon hears the older text, and answers the older daemons with a text and a line for people", async () => {
  const { say, hears, stop } = await amongOlder();
  await say("/topic/future.git.commits", text("shop"), PLAIN);
  const green = await hears("/topic/future.jenkins.success");
  expect(Buffer.from(green.body).toString()).toBe("Repo: shop\nURL: \nStatus: Success\n");
  const line = await hears("/topic/future.events.jenkins");
  expect(Buffer.from(line.body).toString()).toMatch(/^Complete job 0 - \[shop\] shop\/main a+$/);
  await stop();
});

test("it hears events there just as well", async () => {
  const { say, hears, stop } = await amongOlder();
  const envelope = enclose(message("commit.pushed", aPush()), {
    source: "//git1/announcer",
    now: new Date(),
  });
  await say("/topic/future.git.commits", encode(envelope).toString(), {
    "content-type": "application/cloudevents+json",
  });
  expect((await hears("/topic/future.jenkins.success")).headers["subject"]).toMatch(/^Complete job /);
  await stop();
});

test("beats mean nothing to it, and what kills older daemons is set aside while it goes on", async () => {
  const { say, hears, stop, count } = await amongOlder();
  await say("/topic/future.git.commits", "\n");
  await say("/topic/future.git.commits", "repo", { subject: "[x] refs/heads/x 1" });
  const dead = await hears("/queue/skein.dead");
  expect(Buffer.from(dead.body).toString()).toBe("repo");
  expect(dead.headers).toMatchObject({
    "original-destination": "/topic/future.git.commits",
    "skein-code": "MESSAGE_INVALID",
    "skein-reason": "Cannot read a commit text: it has no line repo: before the text of the commit",
  });
  await say("/topic/future.git.commits", text("shop"));
  await hears("/topic/future.jenkins.success");
  // The beat, the word, its copy among the dead, the text, and the two answers: nothing was said of the beat.
  expect(count()).toBe(6);
  await stop();
});

test("a login is asked for where it is heard, and nowhere else: the broker decides who may publish there", async () => {
  const asked = "Site: shop\nUser: dana\nPassword: secret\n";
  const { say, hears, stop } = await amongOlder({ ...older, "access.asked": { dialect: "deploykit" } });
  await say("/topic/future.git.commits", asked, PLAIN);
  const dead = await hears("/queue/skein.dead");
  expect(dead.headers).toMatchObject({
    "skein-code": "MESSAGE_MISPLACED",
    "skein-reason":
      "Cannot take an access.asked from /topic/future.git.commits: it is heard at /topic/future.access.stage",
  });
  // The dead rest on a disk, and are looked at.
  expect(Buffer.from(dead.body).toString()).toBe("Site: shop\nUser: dana\nPassword: ***\n");
  await say("/topic/future.access.stage", asked, PLAIN);
  expect(Buffer.from((await hears("/topic/future.events.door")).body).toString()).toBe("let in dana");
  await stop();
});
