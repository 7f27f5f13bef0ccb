import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bitbucket, bitbucketDc, keyOf } from "../../../daemons/notifier/channels/bitbucket.ts";
import { ircText } from "../../../daemons/notifier/channels/irc.ts";
import { letterOf } from "../../../daemons/notifier/channels/mail.ts";
import { matrixEvent } from "../../../daemons/notifier/channels/matrix.ts";
import { webUrl } from "../../../daemons/notifier/channels/report.ts";
import { slackMessage, slackText } from "../../../daemons/notifier/channels/slack.ts";
import { placeOf } from "../../../daemons/notifier/places.ts";
import { channel, type ForgeChannel } from "../../../daemons/notifier/settings.ts";
import { sharedSettings } from "../../../lib/config/settings.ts";
import { aNotice } from "./builders.ts";

/** All that outsiders have tried, in one text. */
const HOSTILE =
  "<!channel> <@U1> <https://evil.example|https://bank.example> & @here @all [x](javascript:1) ![](http://spy.example/p) " +
  "\u001b[2J\u001b]0;title\u0007 \u202egnp \u2028 \u0003" +
  "4red\u000f <img src=x onerror=alert(1)> \r\nBcc: eve@example.org\r\n\r\nQUIT";

// oxlint-disable-next-line no-control-regex
const CONTROL = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/u;

describe("text for people", () => {
  const sinks: Readonly<Record<string, (text: string) => string>> = {
    slack: (text) => slackText(text),
    matrix: (text) => Object.values(matrixEvent(aNotice({ text }))).join("\n"),
    mail: (text) => {
      const { subject, text: body } = letterOf(aNotice({ text }), "[skein] ");
      return `${subject}\n${body}`;
    },
    irc: (text) => ircText({ text, tone: "plain" }),
  };

  test.each(Object.entries(sinks))(
    "of %s holds no character that moves a cursor, hides or turns text",
    (_name, sink) => {
      expect(sink(HOSTILE)).not.toMatch(CONTROL);
      fc.assert(
        fc.property(fc.string({ unit: "binary", maxLength: 300 }), (text) => {
          expect(sink(text)).not.toMatch(CONTROL);
        }),
      );
    },
  );

  test.each(Object.entries(sinks).filter(([name]) => name !== "mail"))(
    "of %s calls nobody",
    (_name, sink) => {
      expect(sink(HOSTILE)).not.toMatch(/@(all|channel|here|room|everyone)\b/);
    },
  );

  test("of Slack has no link but those that are seen", () => {
    expect(slackText(HOSTILE)).not.toMatch(/[<>]|\]\(/);
    expect(slackText("a & b < c")).toBe("a &amp; b &lt; c");
  });

  test("of Matrix has no element but ours", () => {
    const { formatted_body: html } = matrixEvent(aNotice({ text: `${HOSTILE}\n"'`, tone: "bad" }));
    expect(String(html).match(/<[^>]*>/g)).toEqual([
      '<span data-mx-color="#cf222e">',
      "<br>",
      "<br>",
      "<br>",
      "<br>",
      "</span>",
    ]);
  });

  test("of mail has one line as its subject, whatever it holds", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 400 }), fc.string(), (text, id) => {
        const letter = letterOf(aNotice({ text, id, correlation: id }), "[skein] ");
        expect(letter.subject).not.toMatch(/[\r\n]/);
        expect(letter.subject.length).toBeLessThanOrEqual(180);
        expect(letter.id).toMatch(/^[A-Za-z0-9._-]+$/);
      }),
    );
  });

  test("is shortened to what each takes, and shows that it was", () => {
    const text = "😀".repeat(40_000);
    expect(slackText(text).length).toBeLessThanOrEqual(12_000);
    expect(Buffer.byteLength(JSON.stringify(matrixEvent(aNotice({ text }))))).toBeLessThan(65_536);
    for (const sink of Object.values(sinks)) expect(sink(text)).toContain("…");
  });

  test("a letter tells what it is about", () => {
    const { text } = letterOf(
      aNotice({
        text: "it failed",
        about: { source: "x", repository: "shop", by: "zoë\r\nX: y", url: "https://ci.example/1" },
      }),
      "",
    );
    expect(text).toContain("repository:  shop\nby:          zoë X: y\nurl:         https://ci.example/1\n");
  });

  test("a webhook that leaves it open is told where to write, and as whom", () => {
    expect(slackMessage(aNotice(), { channel: "#deploys", username: "skein" })).toMatchObject({
      channel: "#deploys",
      username: "skein",
    });
  });
});

test.each([
  ["javascript:alert(1)", undefined],
  ["https://user:pw@ci.example/", undefined],
  ["nonsense", undefined],
  ["https://ci.example/job/1", "https://ci.example/job/1"],
  ["http://ci.example/a b", "http://ci.example/a%20b"],
])("of the addresses that messages name only those of the web are passed on: %s", (url, passed) => {
  expect(webUrl(url)).toBe(passed);
});

describe("a repository's place at a forge", () => {
  const forge = (written: Readonly<Record<string, unknown>>) =>
    channel.parse({ token: { env: "TOKEN" }, ...written }) as ForgeChannel;
  const at = (written: Readonly<Record<string, unknown>>, url: string) =>
    placeOf(forge(written), "shop", sharedSettings.parse({ repositories: { shop: { url } } }).repositories);

  test.each([
    ["https://github.com/team/shop.git"],
    ["https://github.com/team/shop"],
    ["git@github.com:team/shop.git"],
    ["ssh://git@github.com/team/shop.git"],
    ["git@GitHub.com:/team/shop.git"],
  ])("is in its url: %s", (url) => {
    expect(at({ type: "github" }, url)).toBe("team/shop");
  });

  test.each([
    ["git@evil.example:team/shop.git"],
    ["https://github.com.evil.example/team/shop"],
    ["https://github.com/team"],
    ["https://github.com/team/../shop"],
    ["/srv/git/github.com/team/shop"],
  ])("is not in that of another: %s", (url) => {
    expect(at({ type: "github" }, url)).not.toBe("team/shop");
  });

  test("may be configured, may be below groups, may be below a path", () => {
    expect(at({ type: "github", repositories: { shop: "other/name" } }, "/srv/shop")).toBe("other/name");
    expect(at({ type: "gitlab" }, "git@gitlab.com:group/sub/shop.git")).toBe("group/sub/shop");
    expect(
      at({ type: "gitea", url: "https://example.com/git" }, "https://example.com/git/team/shop.git"),
    ).toBe("team/shop");
    expect(
      at({ type: "gitea", url: "https://example.com/git" }, "https://example.com/team/shop.git"),
    ).toBeUndefined();
    expect(
      at({ type: "bitbucket-dc", url: "https://bb.example" }, "https://bb.example/scm/PRJ/shop.git"),
    ).toBe("PRJ/shop");
    expect(
      at({ type: "bitbucket-dc", url: "https://bb.example" }, "ssh://git@bb.example:7999/PRJ/shop.git"),
    ).toBe("PRJ/shop");
  });

  test("none is that of a repository of Subversion", () => {
    const { repositories } = sharedSettings.parse({
      repositories: { shop: { type: "svn", url: "https://github.com/team/shop" } },
    });
    expect(placeOf(forge({ type: "github" }), "shop", repositories)).toBeUndefined();
  });
});

test("Bitbucket's keys are short, and stay apart", () => {
  expect(keyOf("skein")).toBe("skein");
  const long = [keyOf(`skein/deploy/${"a".repeat(60)}`), keyOf(`skein/deploy/${"a".repeat(61)}`)];
  expect(new Set(long).size).toBe(2);
  for (const key of long) expect(key.length).toBeLessThanOrEqual(40);
});

test("Bitbucket gets an address for every status, and a state of its own for what was cancelled where it has one", () => {
  const status = {
    revision: "a".repeat(40),
    ref: "main",
    state: "cancelled",
    context: "skein",
    description: "",
    url: undefined,
  } as const;
  const cloud = bitbucket(
    { url: "https://bitbucket.org", api: "https://api.bitbucket.org", user: undefined },
    "t",
  );
  expect(cloud.status("team/shop", status)).toMatchObject({
    url: `https://api.bitbucket.org/2.0/repositories/team/shop/commit/${status.revision}/statuses/build`,
    headers: { authorization: "Bearer t" },
    body: { url: "https://bitbucket.org/team/shop", state: "STOPPED", refname: "main" },
  });
  expect(bitbucketDc({ url: "https://bb.example/" }, "t").status("P/shop", status)).toMatchObject({
    url: `https://bb.example/rest/build-status/1.0/commits/${status.revision}`,
    body: { url: "https://bb.example", state: "FAILED" },
  });
});
