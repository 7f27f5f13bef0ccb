import fc from "fast-check";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { type ForgeName, FORGES } from "../../daemons/webhook/forges.ts";
import { webhook } from "../../daemons/webhook.ts";
import type { Asked } from "../../lib/effects/http-server.ts";
import type { Message } from "../../lib/messages/catalogue.ts";
import { enclose } from "../../lib/messages/envelope.ts";
import { aFolder } from "../support/folder.ts";
import { dataOf, given } from "../support/given.ts";
import {
  bitbucketDcPush,
  bitbucketPush,
  giteaPush,
  githubPush,
  gitlabPush,
  NONE,
  ofGithub,
  THREE,
} from "./webhook/payloads.ts";
import { askedBy, SECRET, secretIn, type Sent, sent, signedByGitlab, SIGNING } from "./webhook/sent.ts";

const REPOSITORIES = {
  shop: { url: "https://github.com/acme/shop.git" },
  site: { url: "git@gitlab.com:acme/web/shop.git" },
  wiki: { url: "ssh://git@git.example.com:2222/acme/shop.git" },
  cloud: { url: "https://bitbucket.org/acme/shop" },
  center: { url: "https://dc.example.com/scm/acme/shop.git" },
};

const PUSHES: Readonly<Record<ForgeName, unknown>> = {
  github: githubPush(),
  gitlab: gitlabPush(),
  gitea: giteaPush(),
  bitbucket: bitbucketPush(),
  "bitbucket-dc": bitbucketDcPush(),
};
const KINDS = Object.keys(FORGES) as ForgeName[];

let folder: string;
let config: { listen: string; hooks: Record<string, Record<string, unknown>> };
beforeEach(() => {
  folder = aFolder();
  const secret = secretIn(folder);
  config = {
    listen: "127.0.0.1:0",
    hooks: {
      github: { forge: "github", secret },
      gitlab: { forge: "gitlab", secret },
      gitea: { forge: "gitea", host: "git.example.com", secret },
      bitbucket: { forge: "bitbucket", secret },
      "bitbucket-dc": { forge: "bitbucket-dc", host: "dc.example.com", secret },
    },
  };
});

const open = (repositories: Readonly<Record<string, { url: string; type?: "svn" }>> = REPOSITORIES) =>
  given(webhook, { config, settings: { state: folder, repositories } });

const told = (body: unknown): Record<string, unknown> =>
  JSON.parse(Buffer.from(body as string).toString()) as Record<string, unknown>;

/** What is answered to something sent, and the refs that are announced. */
async function answerTo(daemon: ReturnType<typeof open>, asked: Partial<Asked>) {
  const { answer, messages } = await daemon.ask(asked);
  const pushes = dataOf("commit.pushed", messages).map(({ repository, ref }) => `${repository} ${ref}`);
  return { status: answer.status, said: told(answer.body), pushes, headers: answer.headers };
}
const answerToSent = (daemon: ReturnType<typeof open>, what: Sent) => answerTo(daemon, askedBy(what));

const withHeaders = (what: Sent, headers: Readonly<Record<string, readonly string[] | undefined>>) => {
  const asked = askedBy(what);
  return { ...asked, headers: { ...asked.headers, ...headers } };
};

test.each([
  ["github", "shop"],
  ["gitlab", "site"],
  ["gitea", "wiki"],
  ["bitbucket", "cloud"],
  ["bitbucket-dc", "center"],
] as const)(
  "a signed push of %s is announced for %s, which is fetched from there, and 202 says what",
  async (forge, repository) => {
    const { status, said, pushes } = await answerToSent(open(), sent(forge, PUSHES[forge]));
    expect({ status, pushes }).toEqual({ status: 202, pushes: [`${repository} refs/heads/main`] });
    expect(said).toEqual({ announced: [`[${repository}] main updated: 3333333, 2 commits, second`] });
  },
);

describe("who may announce", () => {
  test.each(KINDS)(
    "%s: one byte of the body, one of the signature, or another secret, and it is 401",
    async (forge) => {
      const daemon = open();
      const good = sent(forge, PUSHES[forge]);
      const other = sent(forge, PUSHES[forge], { secret: "another secret, also long enough" });
      const changed = { ...good, body: Buffer.from(good.body.toString().replace("main", "mane")) };
      const spaced = { ...good, body: Buffer.from(JSON.stringify(PUSHES[forge], null, 1)) };
      // GitLab's token says nothing of the body: that is what its signing token is for.
      const bad = forge === "gitlab" ? [other] : [other, changed, spaced];
      for (const each of bad)
        expect(await answerToSent(daemon, each)).toMatchObject({ status: 401, pushes: [] });
      expect(daemon.logged.filter(({ level }) => level === "warn")).toHaveLength(bad.length);
      expect(JSON.stringify(daemon.logged)).not.toContain(SECRET);
    },
  );

  test.each<[string, ForgeName, string, (good: string) => readonly string[] | undefined]>([
    ["no signature", "github", "x-hub-signature-256", () => undefined],
    ["an empty one", "github", "x-hub-signature-256", () => [""]],
    ["a short one", "github", "x-hub-signature-256", (good) => [good.slice(0, -2)]],
    ["a long one", "github", "x-hub-signature-256", (good) => [`${good}00`]],
    ["one without its prefix", "github", "x-hub-signature-256", (good) => [good.slice(7)]],
    ["two headers, a good one and a bad one", "github", "x-hub-signature-256", (good) => [good, "sha256=0"]],
    ["two headers that are good", "github", "x-hub-signature-256", (good) => [good, good]],
    ["two in one header", "github", "x-hub-signature-256", (good) => [`${good}, sha256=0`]],
    ["no signature, where Gogs' is there", "gitea", "x-gitea-signature", () => ["0".repeat(64)]],
    ["two headers, where Gogs' is good", "gitea", "x-gitea-signature", (good) => [good, good]],
    ["no signature", "bitbucket", "x-hub-signature", () => undefined],
    ["an old one, by SHA-1", "bitbucket-dc", "x-hub-signature", () => [`sha1=${"0".repeat(40)}`]],
    ["no token", "gitlab", "x-gitlab-token", () => undefined],
    ["the beginning of the token", "gitlab", "x-gitlab-token", (good) => [good.slice(0, -1)]],
    ["two tokens", "gitlab", "x-gitlab-token", (good) => [good, good]],
  ])("%s (%s) is 401", async (_what, forge, header, change) => {
    const good = sent(forge, PUSHES[forge]);
    const asked = withHeaders(good, { [header]: change(good.headers[header] ?? "") });
    const { status, said, pushes } = await answerTo(open(), asked);
    expect({ status, pushes }).toEqual({ status: 401, pushes: [] });
    expect(String(said["refused"])).toContain(header);
  });

  test("GitHub's old signature by SHA-1 alone is not enough, even where it fits", async () => {
    const good = sent("github", githubPush());
    expect(await answerTo(open(), withHeaders(good, { "x-hub-signature-256": undefined }))).toMatchObject({
      status: 401,
    });
  });

  test("while a secret is changed, the former one is taken, too", async () => {
    const changed = {
      secret: secretIn(folder, "the new secret, long enough", "new"),
      "former-secret": secretIn(folder),
    };
    for (const kind of KINDS) config.hooks[kind] = { ...config.hooks[kind], ...changed };
    const daemon = open();
    for (const kind of KINDS) {
      for (const secret of [SECRET, "the new secret, long enough"])
        expect(
          await answerToSent(daemon, sent(kind, PUSHES[kind], { secret, delivery: secret })),
        ).toMatchObject({
          // The same bytes come twice, and GitHub's and Data Center's tell that they are one push.
          status: secret === SECRET || !["github", "bitbucket-dc"].includes(kind) ? 202 : 200,
        });
      expect(
        await answerToSent(daemon, sent(kind, PUSHES[kind], { secret: "neither of the two secrets" })),
      ).toMatchObject({ status: 401 });
    }
  });

  test("who sends as Gitea to a hook for GitHub is told so, though the signature fits", async () => {
    const { status, said } = await answerToSent(open(), sent("gitea", giteaPush(), { path: "/github" }));
    expect(status).toBe(400);
    expect(said).toEqual({ refused: "it comes from gitea, and the hook github is for github: mend `forge`" });
  });
});

describe("GitLab's signing token", () => {
  beforeEach(() => {
    config.hooks["gitlab"] = { forge: "gitlab", secret: secretIn(folder, SIGNING, "signing") };
  });

  test("signs id, time and bytes", async () => {
    const daemon = open();
    expect(await answerToSent(daemon, signedByGitlab(gitlabPush()))).toMatchObject({ status: 202 });
    const good = signedByGitlab(gitlabPush());
    const { "webhook-signature": signature = "", "webhook-timestamp": time = "" } = good.headers;
    const bad: Readonly<Record<string, readonly string[] | undefined>>[] = [
      { "webhook-id": ["another"] },
      { "webhook-id": undefined },
      { "webhook-timestamp": [`${Number(time) + 1}`] },
      { "webhook-timestamp": ["now"] },
      { "webhook-signature": undefined },
      { "webhook-signature": [signature, signature] },
      { "webhook-signature": [signature.replace("v1,", "v2,")] },
      { "webhook-signature": ["v1,"] },
      { "webhook-signature": [`${"v1,x ".repeat(10)}${signature}`] },
    ];
    for (const each of bad)
      expect({ each, ...(await answerTo(daemon, withHeaders(good, each))) }).toMatchObject({
        each,
        status: 401,
        pushes: [],
      });
    const body = Buffer.from(good.body.toString().replace("main", "mane"));
    expect(await answerToSent(daemon, { ...good, body })).toMatchObject({ status: 401 });
    expect(await answerToSent(daemon, good)).toMatchObject({ status: 202 });
  });

  test("one of several signatures is enough, as while it is changed", async () => {
    const good = signedByGitlab(gitlabPush());
    const both = [`v1,${Buffer.alloc(32).toString("base64")} ${good.headers["webhook-signature"]}`];
    expect(await answerTo(open(), withHeaders(good, { "webhook-signature": both }))).toMatchObject({
      status: 202,
    });
  });

  test.each([
    [-301, 401],
    [-290, 202],
    [290, 202],
    [301, 401],
  ])("a time %d seconds from ours is %d", async (seconds, status) => {
    const at = new Date(Math.floor(Date.now() / 1_000) * 1_000 + seconds * 1_000);
    expect(await answerToSent(open(), signedByGitlab(gitlabPush(), { at }))).toMatchObject({ status });
  });

  test("a token is not taken in its place, but for one that was there before it", async () => {
    expect(await answerToSent(open(), sent("gitlab", gitlabPush()))).toMatchObject({ status: 401 });
    expect(await answerToSent(open(), sent("gitlab", gitlabPush(), { secret: SIGNING }))).toMatchObject({
      status: 401,
    });
    config.hooks["gitlab"] = { ...config.hooks["gitlab"], "former-secret": secretIn(folder) };
    const daemon = open();
    expect(await answerToSent(daemon, sent("gitlab", gitlabPush()))).toMatchObject({ status: 202 });
    // Who signs is held to it.
    const forged = signedByGitlab(gitlabPush(), { key: Buffer.alloc(32, 8) });
    const asked = withHeaders(forged, { "x-gitlab-token": [SECRET] });
    expect(await answerTo(daemon, asked)).toMatchObject({ status: 401 });
  });
});

describe("what may be announced", () => {
  test.each<[string, ForgeName, unknown]>([
    [
      "a repository that is fetched from elsewhere",
      "github",
      githubPush({ repository: { full_name: "acme/wiki" } }),
    ],
    ["one of another forge", "gitlab", gitlabPush({ project: { path_with_namespace: "acme/shop" } })],
    ["the end of a longer name", "gitlab", gitlabPush({ project: { path_with_namespace: "web/shop" } })],
    ["a path in the place of a name", "github", githubPush({ repository: { full_name: "../../etc" } })],
    ["a name that every object has", "github", githubPush({ repository: { full_name: "__proto__" } })],
    ["none", "github", githubPush({ repository: null })],
  ])(
    "%s (%s) is not, and is answered 200 with a word, for forges give up on hooks that fail",
    async (_what, forge, payload) => {
      const daemon = open();
      const { status, said, pushes } = await answerToSent(daemon, sent(forge, payload));
      expect({ status, pushes }).toEqual({ status: 200, pushes: [] });
      expect(String(said["ignored"])).toContain("no repository of the configuration is called");
      expect(daemon.logged).toMatchObject([{ level: "info" }]);
    },
  );

  test("the case of a name does not matter, as it does not at the forges", async () => {
    const { pushes } = await answerToSent(
      open(),
      sent("github", githubPush({ repository: { full_name: "Acme/Shop" } })),
    );
    expect(pushes).toEqual(["shop refs/heads/main"]);
  });

  test("a forge below a path of its host, over HTTP, and by ssh as it is there", async () => {
    config.hooks = { gitea: { ...config.hooks["gitea"], host: "example.com/git" } };
    const announced = async (url: string) =>
      (await answerToSent(open({ shop: { url } }), sent("gitea", giteaPush()))).pushes.length;
    expect(await announced("https://example.com/git/acme/shop.git")).toBe(1);
    expect(await announced("git@example.com:acme/shop.git")).toBe(1);
    rmSync(join(folder, "webhook"), { recursive: true });
    expect(await announced("https://example.com/acme/shop.git")).toBe(0);
    expect(await announced("https://other.example.com/git/acme/shop.git")).toBe(0);
  });

  test("two repositories of one place are both announced", async () => {
    const both = { shop: REPOSITORIES.shop, again: { url: "git@github.com:acme/shop.git" } };
    expect((await answerToSent(open(both), sent("github", githubPush()))).pushes).toEqual([
      "shop refs/heads/main",
      "again refs/heads/main",
    ]);
  });

  test("a hook with a list may announce what is in it, and nothing else", async () => {
    config.hooks["github"] = { ...config.hooks["github"], repositories: { local: "acme/website" } };
    const daemon = open({ ...REPOSITORIES, local: { url: "/srv/git/site.git" } });
    const name = (full_name: string) => sent("github", githubPush({ repository: { full_name } }));
    expect((await answerToSent(daemon, name("acme/website"))).pushes).toEqual(["local refs/heads/main"]);
    expect((await answerToSent(daemon, name("acme/shop"))).pushes).toEqual([]);
  });

  test("a repository of Subversion is not at a forge", async () => {
    const svn = { shop: { type: "svn" as const, url: "https://github.com/acme/shop.git" } };
    const daemon = open(svn);
    expect((await answerToSent(daemon, sent("github", githubPush()))).pushes).toEqual([]);
    expect(daemon.logged[0]).toMatchObject({ level: "warn" });
    expect(daemon.logged[0]?.text).toContain("can announce nothing");
  });
});

describe("how it must come", () => {
  test("another path is 404, another method 405", async () => {
    const good = askedBy(sent("github", githubPush()));
    expect(await answerTo(open(), { ...good, path: "/" })).toMatchObject({ status: 404 });
    expect(await answerTo(open(), { ...good, path: "/__proto__" })).toMatchObject({ status: 404 });
    for (const method of ["GET", "PUT", "DELETE", "OPTIONS"])
      expect(await answerTo(open(), { ...good, method })).toMatchObject({
        status: 405,
        headers: { allow: "POST" },
      });
  });

  test.each([[undefined], ["text/plain"], ["application/jsonp"], ["multipart/form-data"]])(
    "content type %s is 415",
    async (type) => {
      const asked = withHeaders(sent("github", githubPush()), {
        "content-type": type === undefined ? type : [type],
      });
      expect(await answerTo(open(), asked)).toMatchObject({ status: 415, pushes: [] });
    },
  );

  test("GitHub's form with the payload in a field is taken, signed as it came", async () => {
    const form = sent("github", githubPush(), { form: true });
    expect(await answerToSent(open(), form)).toMatchObject({ status: 202, pushes: ["shop refs/heads/main"] });
  });

  test.each<[string, string | Buffer]>([
    ["nothing", ""],
    ["half of it", '{"ref":'],
    ["a key twice", '{"ref":"a","ref":"b"}'],
    ["a key of every object", '{"__proto__":{}}'],
    ["a number that none can hold", '{"a":1e400}'],
    ["a negative nothing", '{"a":-0}'],
    ["half a character", '{"a":"\\ud800"}'],
    ["a text without an end, full of quotes", `"${'\\"'.repeat(1_000_000)}`],
    ["what is no UTF-8", Buffer.from([0x22, 0xff, 0x22])],
    ["a hundred thousand brackets", "[".repeat(100_000)],
    ["deep nesting", `${'{"a":'.repeat(40)}1${"}".repeat(40)}`],
    ["a text", '"push"'],
    ["null", "null"],
    ["a form", new URLSearchParams({ payload: "{}" }).toString()],
    ["a push without its ref", JSON.stringify({ ...githubPush(), ref: undefined })],
    ["a push with a number in the place of its ref", JSON.stringify({ ...githubPush(), ref: 7 })],
  ])("%s, though it is signed, is 400 with a word", async (_what, body) => {
    const bytes = Buffer.from(body);
    const { status, said, pushes } = await answerToSent(open(), sent("github", bytes));
    expect({ status, pushes }).toEqual({ status: 400, pushes: [] });
    expect(String(said["refused"])).not.toBe("");
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
  });

  test.each(["payload={}&payload={}", "other={}", "payload=%5B", ""])("a form %j is 400", async (body) => {
    const form = withHeaders(sent("github", Buffer.from(body)), {
      "content-type": ["application/x-www-form-urlencoded"],
    });
    expect(await answerTo(open(), form)).toMatchObject({ status: 400, pushes: [] });
  });

  test("a ping is answered 200 with a word", async () => {
    const [ping] = ofGithub("ping");
    expect(await answerToSent(open(), sent("github", ping, { event: "ping" }))).toMatchObject({
      status: 200,
      said: { ignored: "ping: the hook works" },
    });
  });

  test("every example that GitHub gives, of every event, is taken or ignored with a word", async () => {
    const daemon = open({ hello: { url: "https://github.com/Codertocat/Hello-World.git" } });
    const statuses = new Set<number>();
    for (const event of [
      "push",
      "create",
      "delete",
      "release",
      "deployment",
      "deployment_status",
      "pull_request",
      "ping",
      "issues",
      "status",
      "check_run",
      "workflow_run",
      "installation",
    ])
      for (const payload of ofGithub(event))
        statuses.add((await answerToSent(daemon, sent("github", payload, { event }))).status);
    expect(statuses).toEqual(new Set([200, 202]));
  });
});

describe("a delivery that comes again", () => {
  const ids = (messages: readonly Message[]) =>
    messages.map((each) => enclose(each, { source: "//a/b", now: new Date() }).id);

  test.each(KINDS)(
    "%s: is answered 200, and announced no second time, also after a restart",
    async (forge) => {
      const again = sent(forge, PUSHES[forge]);
      const daemon = open();
      expect(await answerToSent(daemon, again)).toMatchObject({ status: 202 });
      const second = await answerToSent(daemon, again);
      expect(second).toMatchObject({ status: 200, said: { ignored: "it was taken before" }, pushes: [] });
      expect(await answerToSent(open(), again)).toMatchObject({ status: 200, pushes: [] });
      expect(readFileSync(join(folder, "webhook", "deliveries.jsonl"), "utf8")).not.toContain("delivery-");
    },
  );

  test.each(["github", "bitbucket-dc"] as const)(
    "%s: under another id, which is not signed, is the same push all the same",
    async (forge) => {
      const daemon = open();
      expect(await answerToSent(daemon, sent(forge, PUSHES[forge]))).toMatchObject({ status: 202 });
      expect(await answerToSent(daemon, sent(forge, PUSHES[forge]))).toMatchObject({
        status: 200,
        pushes: [],
      });
    },
  );

  test.each(["gitlab", "gitea", "bitbucket"] as const)(
    "%s: in the same words under another id is another push, such as of a branch that was deleted meanwhile",
    async (forge) => {
      const daemon = open();
      const first = await daemon.ask(askedBy(sent(forge, PUSHES[forge])));
      await new Promise((resolve) => setTimeout(resolve, 2));
      const second = await daemon.ask(askedBy(sent(forge, PUSHES[forge])));
      expect([first.answer.status, second.answer.status]).toEqual([202, 202]);
      expect(ids(first.messages)).not.toEqual(ids(second.messages));
    },
  );

  test.each(KINDS)("%s: after a crash in the middle it is told with the same id as before", async (forge) => {
    const again = askedBy(sent(forge, PUSHES[forge]));
    const context = await open().context();
    const response = await webhook.serve?.answer({ ...WHOLE, ...again }, context);
    // What was published first, and then the process died.
    const replies = response?.messages as AsyncGenerator<Message>;
    const first = (await replies.next()).value as Message;
    await new Promise((resolve) => setTimeout(resolve, 2));
    const second = await open().ask(again);
    expect(second.answer.status).toBe(202);
    expect(ids(second.messages)).toEqual(ids([first]));
  });

  test("while it is in hand, it waits; where that one fails, it is taken in its place", async () => {
    const daemon = open();
    const asked = { ...WHOLE, ...askedBy(sent("gitlab", gitlabPush())) };
    const context = await daemon.context();
    const first = await webhook.serve?.answer(asked, context);
    let fail = (_why: Error): void => undefined;
    const spool = new Promise<never>((_resolve, reject) => (fail = reject));
    const publishing = (async () => {
      for await (const _reply of first?.messages ?? []) await spool;
    })();
    let answered = false;
    const second = daemon.ask(asked).then((result) => {
      answered = true;
      return result;
    });
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(answered).toBe(false);
    fail(new Error("the spool is full"));
    await expect(publishing).rejects.toThrow("full");
    const { answer, messages } = await second;
    expect([answer.status, messages.length]).toEqual([202, 1]);
  });

  test("two pushes under one id, as older GitLabs send a branch and a tag, are both announced", async () => {
    const daemon = open();
    const tag = gitlabPush({ object_kind: "tag_push", ref: "refs/tags/v1", before: NONE });
    for (const payload of [gitlabPush(), tag])
      expect(await answerToSent(daemon, sent("gitlab", payload, { delivery: "one" }))).toMatchObject({
        status: 202,
      });
  });

  test("without an id at all it is announced each time", async () => {
    const daemon = open();
    const asked = withHeaders(sent("gitlab", gitlabPush()), {
      "idempotency-key": undefined,
      "x-gitlab-event-uuid": undefined,
    });
    expect(await answerTo(daemon, asked)).toMatchObject({ status: 202 });
    expect(await answerTo(daemon, asked)).toMatchObject({ status: 202 });
  });

  test("what was ignored is taken once the configuration knows the repository", async () => {
    const again = sent("github", githubPush());
    expect(await answerToSent(open({}), again)).toMatchObject({ status: 200, pushes: [] });
    expect(await answerToSent(open(), again)).toMatchObject({ status: 202 });
  });

  test("where it cannot be remembered, it is announced all the same", async () => {
    const daemon = open();
    await daemon.context();
    rmSync(join(folder, "webhook"), { recursive: true });
    writeFileSync(join(folder, "webhook"), "");
    const again = sent("github", githubPush());
    expect(await answerToSent(daemon, again)).toMatchObject({
      status: 202,
      pushes: ["shop refs/heads/main"],
    });
    expect(daemon.logged[0]).toMatchObject({ level: "warn" });
    // For as long as it runs, it knows.
    expect(await answerToSent(daemon, again)).toMatchObject({ status: 200 });
  });
});

const WHOLE = { method: "POST", path: "/", query: new URLSearchParams(), headers: {}, body: Buffer.alloc(0) };

test("whatever is signed, it is announced in the form of the catalogue, ignored, or refused", async () => {
  const daemon = open();
  const odd = fc.oneof(
    fc.jsonValue({ maxDepth: 3 }),
    fc.constantFrom(
      null,
      [],
      {},
      NONE,
      THREE,
      "refs/heads/x",
      "refs/tags/-x",
      "\u0000",
      "a\ud83d\ude00".repeat(2_000),
    ),
  );
  const spoilt = fc
    .constantFrom(...KINDS)
    .chain((forge) => fc.record({ forge: fc.constant(forge), payload: spoil(PUSHES[forge], odd) }));
  await fc.assert(
    fc.asyncProperty(spoilt, async ({ forge, payload }) => {
      const { answer } = await daemon.ask(askedBy(sent(forge, payload)));
      expect([200, 202, 400]).toContain(answer.status);
    }),
    { numRuns: 300 },
  );
});

/** A payload in which one value, somewhere, is another. */
function spoil(payload: unknown, odd: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  const paths = pathsIn(payload);
  return fc.tuple(fc.constantFrom(...paths), odd).map(([path, value]) => replaced(payload, path, value));
}
const pathsIn = (value: unknown): string[][] =>
  typeof value === "object" && value !== null
    ? [[], ...Object.entries(value).flatMap(([key, each]) => pathsIn(each).map((path) => [key, ...path]))]
    : [[]];
function replaced(value: unknown, [key, ...rest]: readonly string[], by: unknown): unknown {
  if (key === undefined) return by;
  const copy = (Array.isArray(value) ? [...(value as unknown[])] : { ...(value as object) }) as Record<
    string,
    unknown
  >;
  copy[key] = replaced(copy[key], rest, by);
  return copy;
}
