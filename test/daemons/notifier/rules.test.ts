import { expect, test } from "vitest";
import { aboutOf } from "../../../daemons/notifier/about.ts";
import { addressedOf } from "../../../daemons/notifier/rules.ts";
import { settings } from "../../../daemons/notifier/settings.ts";
import { sharedSettings } from "../../../lib/config/settings.ts";
import { type Data, message, type MessageType } from "../../../lib/messages/catalogue.ts";
import { enclose, parseData } from "../../../lib/messages/envelope.ts";
import { aPush, revisionOf } from "../../support/builders.ts";

const forgetful = { rollout: () => undefined, push: () => undefined };
const shared = sharedSettings.parse({
  repositories: { shop: { url: "/srv/git/shop.git" } },
  apps: { shop: { repository: "shop", root: "/srv/shop", environment: "staging" } },
});

/** What one channel is told of a message by one rule. */
function told<Type extends MessageType>(
  type: Type,
  data: Data<Type>,
  rule: Readonly<Record<string, unknown>>,
) {
  const config = settings.parse({
    channels: { program: { type: "http", url: "https://example.com/" } },
    rules: [{ to: ["program"], ...rule }],
  });
  const envelope = enclose(message(type, data), { source: "//web1/someone", now: new Date() });
  return addressedOf(envelope as never, aboutOf(envelope as never, forgetful, shared), config, () => false)[0]
    ?.notice;
}

test("a signed command is passed on to nobody, neither whole nor by a template", () => {
  const command = {
    payloadType: "application/vnd.skein.command+json",
    payload: "aGFzaA==",
    signatures: [{ keyid: "k", sig: "cw==" }],
  };
  const data = parseData("deploy.go", { host: "web1", rollout: "abcdefgh12345678", command });
  const notice = told("deploy.go", data, {
    types: ["*"],
    template: "{{type}} {{data.host}} {{data.command.payload}}",
  });
  expect(notice?.text).toBe("deploy.go web1 ");
  expect(JSON.stringify(notice)).not.toContain("aGFzaA==");
});

test("what is configured of an app tells what a message about it leaves out", () => {
  const finished = parseData("rollout.finished", {
    rollout: "abcdefgh12345678",
    app: "shop",
    outcome: "failed",
    hosts: [],
    at: "2026-11-21T10:15:02Z",
    seconds: 1,
  });
  expect(
    told("rollout.finished", finished, { repositories: ["shop"], environments: ["staging"] }),
  ).toBeDefined();
  expect(told("rollout.finished", finished, { environments: ["production"] })).toBeUndefined();
  expect(told("rollout.finished", { ...finished, app: undefined }, { apps: ["*"] })).toBeUndefined();
});

test("no name of an outsider reaches what objects have by birth", () => {
  const push = aPush({ repository: "constructor", pusher: "eve" });
  expect(told("commit.pushed", push, { types: ["*"], template: "{{repository}} {{by}}" })?.text).toBe(
    "constructor eve",
  );
});

test("a text that comes out empty is not sent", () => {
  const rule = { types: ["*"], template: "{{#project}}{{project}} changed{{/project}}" };
  expect(told("commit.pushed", aPush(), rule)).toBeUndefined();
  expect(told("commit.pushed", aPush({ project: "till", after: "r7", before: "r6" }), rule)?.text).toBe(
    "till changed",
  );
});

test("templates name short refs and revisions, and escape nothing: that is for each channel to do", () => {
  const push = aPush({ after: revisionOf("b"), pusher: "<zoë> & co" });
  expect(told("commit.pushed", push, { types: ["*"], template: "{{ref}} {{revision}} {{by}}" })?.text).toBe(
    "main bbbbbbb <zoë> & co",
  );
});
