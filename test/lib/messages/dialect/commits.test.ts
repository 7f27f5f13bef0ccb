import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Data, message } from "../../../../lib/messages/catalogue.ts";
import { STANDARD_TOPICS, type Topics } from "../../../../lib/messages/destinations.ts";
import { enclose, parseData } from "../../../../lib/messages/envelope.ts";
import { read, write } from "../../../../lib/messages/wire.ts";
import { NO_REVISION } from "../../../../lib/schema/names.ts";
import { aPush, revisionOf } from "../../../support/builders.ts";
import { hostileText } from "./hostile.ts";
import { stompGit317, stompGit320, stompJenkins } from "./readers.ts";

type Push = Data<"commit.pushed">;

const now = new Date("2026-11-25T02:00:00Z");
const older: Topics = {
  ...STANDARD_TOPICS,
  overrides: { "commit.pushed": { dialect: "deploykit" } },
};

const framesOf = (push: Push) =>
  write(enclose(message("commit.pushed", push), { source: "//git1/announcer", now }), older);

function textOf(push: Push) {
  const [frame] = framesOf(push);
  if (frame === undefined) throw new Error("nothing is said");
  return { frame, subject: frame.headers["subject"] ?? "", body: Buffer.from(frame.body).toString() };
}

const aCommit = (said: Readonly<Record<string, unknown>> = {}) => ({
  revision: revisionOf("a"),
  author: { name: "Kit Tester", email: "kit@example.org" },
  at: "2014-09-24T12:00:02+01:00",
  message: "Fix the frobnicator\n",
  ...said,
});

const inSvn = (said: Readonly<Record<string, unknown>> = {}) =>
  aPush({
    repository: "legacy",
    ref: "refs/heads/trunk",
    project: "time-sink",
    before: "r2",
    after: "r3",
    commits: [aCommit({ revision: "r3", at: "2026-11-20T23:28:19Z", message: "Touch two projects" })],
    ...said,
  });

describe("a push", () => {
  test("is what the older hook wrote where its readers look, and the commit's own text is one blank further in", () => {
    const { frame, subject, body } = textOf(aPush({ commits: [aCommit()], pusher: "dana" }));
    expect(frame.destination).toBe("/topic/future.git.commits");
    expect(frame.persistent).toBe(true);
    expect(Object.entries(frame.headers)).toEqual([
      ["subject", `[shop] refs/heads/main ${revisionOf("a")}`],
      ["content-type", "text/plain; charset=UTF-8"],
    ]);
    expect(subject).toBe(`[shop] refs/heads/main ${revisionOf("a")}`);
    expect(body).toBe(
      [
        "repo: shop",
        `oldrev: ${revisionOf("1")}`,
        `newrev: ${revisionOf("a")}`,
        "refname: refs/heads/main",
        `JSON: {"before":"${revisionOf("1")}","after":"${revisionOf("a")}","ref":"refs/heads/main","user_name":"dana","repository":{"name":"shop"}}`,
        ` ${revisionOf("a")}`,
        " Author: Kit Tester",
        " Date: 2014-09-24 12:00:02 +0100",
        " ",
        " Fix the frobnicator",
        " ",
        " ",
        "",
      ].join("\n"),
    );
  });

  test("is told to people too, as the older hook did", () => {
    const [, line] = framesOf(aPush());
    expect(line).toMatchObject({
      destination: "/topic/future.events.gitolite",
      headers: { subject: "Talking to eventbot", "content-type": "text/plain; charset=UTF-8" },
      persistent: false,
    });
    expect(Buffer.from(line?.body ?? []).toString()).toBe(`[shop] refs/heads/main ${revisionOf("a")}`);
  });

  test("that deletes a ref is said, with zeros", () => {
    const text = textOf(aPush({ after: NO_REVISION, change: "deleted", total: 0 }));
    expect(stompGit317(text)).toEqual({ repo: "shop", branch: "main", revision: NO_REVISION });
    expect(stompGit320(text)).toMatchObject({
      before: revisionOf("1"),
      after: NO_REVISION,
      ref: "refs/heads/main",
    });
    expect(text.body).toMatch(/\nJSON: .*\n$/);
  });

  test("in Subversion is what its hook wrote where its readers look", () => {
    const { subject, body } = textOf(inSvn());
    expect(subject).toBe("[legacy] 3 ");
    expect(body).toBe(
      [
        "repo: legacy",
        "revname: 3",
        `JSON: {"before":"r2","after":"r3","ref":"refs/heads/trunk","user_name":"Kit Tester","repository":{"name":"legacy"}}`,
        " Author: Kit Tester",
        "Date: 2026-11-20 23:28:19 +0000 (Fri, 20 Nov 2026)",
        "Project: time-sink",
        "",
        "Dirs:",
        "time-sink/trunk/",
        "",
        " Touch two projects",
        "",
        "",
      ].join("\n"),
    );
    expect(stompJenkins({ subject, body })).toMatchObject({ repo: "legacy", project: "time-sink" });
  });

  test.each([
    ["a branch", inSvn({ ref: "refs/heads/v2" }), "time-sink/branches/v2/"],
    ["a tag", inSvn({ ref: "refs/tags/v2" }), "time-sink/tags/v2/"],
    ["a repository of one project", inSvn({ project: undefined, ref: "refs/heads/v2" }), "branches/v2/"],
  ])("to %s in Subversion names its folder, and is read again", (_what, push, folder) => {
    const { frame, body } = textOf(push);
    expect(body).toContain(`\nDirs:\n${folder}\n`);
    const { ref, project, before, after } = push;
    const plain = { ...frame, body: Buffer.from(body.replace(/^JSON: .*\n/m, "")) };
    for (const each of [frame, plain])
      expect(read(each, { topics: older, now })?.data).toMatchObject({
        ref,
        before,
        after,
        ...(project === undefined ? {} : { project }),
      });
  });
});

/** Pushes whose texts come from somebody who wants to be taken for something else. */
const hostilePush = fc
  .record({
    message: hostileText(),
    author: hostileText(200),
    pusher: fc.option(hostileText(200), { nil: undefined }),
    deleted: fc.boolean(),
    svn: fc.boolean(),
  })
  .map(({ message: said, author, pusher, deleted, svn }): Push => {
    const commits = [aCommit({ message: said, author: { name: author, email: "" } })];
    const who = pusher === undefined ? {} : { pusher };
    if (svn) return inSvn({ ...who, commits: [{ ...commits[0], revision: "r3" }] });
    return aPush(deleted ? { ...who, commits, after: NO_REVISION, change: "deleted" } : { ...who, commits });
  });

describe("whatever a commit says", () => {
  test("every older reader takes our texts for what was pushed", () => {
    fc.assert(
      fc.property(hostilePush, (push) => {
        const { repository, ref, before, after, project } = push;
        const text = textOf(push);
        const isSvn = project !== undefined;
        expect(text.subject).toBe(isSvn ? "[legacy] 3 " : `[${repository}] ${ref} ${after}`);
        expect(stompGit317(text)).toMatchObject({
          repo: repository,
          ...(isSvn ? {} : { branch: "main", revision: after }),
        });
        expect(stompGit320(text)).toMatchObject({ repo: repository, name: repository, before, after });
        expect(stompJenkins(text)).toEqual({ repo: repository, project, refname: isSvn ? undefined : ref });
        // Also where a reader splits lines at whatever Unicode calls one, or takes the first that has a key.
        const anywhere = text.body.split(/\r\n|[\n\v\f\r\u0085\u2028\u2029]/);
        expect(
          anywhere
            .filter((line) => /^(repo|refname|Project|JSON):/.test(line))
            .map((line) => line.split(":")[0]),
        ).toEqual(isSvn ? ["repo", "JSON", "Project"] : ["repo", "refname", "JSON"]);
        expect(text.body).not.toContain("\0");
      }),
    );
  });

  test("we read our own texts as what was pushed", () => {
    fc.assert(
      fc.property(hostilePush, (push) => {
        const { repository, ref, before, after, change, project } = push;
        const envelope = read(textOf(push).frame, { topics: older, now });
        expect(envelope).toMatchObject({
          type: "commit.pushed",
          data: { repository, ref, before, after, change },
        });
        const again = parseData("commit.pushed", envelope?.data);
        expect(again.project).toBe(project);
        expect(again.commits).toHaveLength(change === "deleted" ? 0 : 1);
      }),
    );
  });

  test("a text of the older hook is read as what was pushed", () => {
    fc.assert(
      fc.property(hostileText(), hostileText(100), (said, author) => {
        const [id, was] = [revisionOf("a"), revisionOf("1")];
        // git takes line ends and the signs < and > out of names, whatever is in them.
        const name = author.replace(/[\n\0<>]/g, "");
        const body = `repo: shop\noldrev: ${was}\nnewrev: ${id}\nrefname: refs/heads/main\n ${id}\nAuthor: ${name}\nDate: 2014-09-24 12:00:02 +0100\n\n${said}\n\n`;
        const frame = {
          destination: "/topic/future.git.commits",
          headers: { subject: `[shop] refs/heads/main ${id}`, "content-type": "text/plain; charset=UTF-8" },
          body: Buffer.from(body),
        };
        expect(read(frame, { topics: STANDARD_TOPICS, now })?.data).toMatchObject({
          repository: "shop",
          ref: "refs/heads/main",
          before: was,
          after: id,
          change: "updated",
          total: 1,
        });
      }),
    );
  });

  test("the message comes through, but for its line ends and what trails it", () => {
    const said = "Subject\n\n- one\n  - two\n\nrepo: evil\nSigned-off-by: Kit <kit@example.org>";
    const { frame } = textOf(aPush({ commits: [aCommit({ message: `${said}\r\n\r\n` })] }));
    expect(read(frame, { topics: older, now })?.data).toMatchObject({
      commits: [{ message: said, author: { name: "Kit Tester" }, at: "2014-09-24T11:00:02.000Z" }],
    });
  });
});

describe("a text that is read", () => {
  const head = (more = "") =>
    `repo: shop\noldrev: ${revisionOf("1")}\nnewrev: ${revisionOf("a")}\nrefname: refs/heads/main\n${more}`;
  const taken = (body: string | Buffer, headers: Record<string, string> = { "content-type": "text/plain" }) =>
    read(
      { destination: "/topic/future.git.commits", headers, body: Buffer.from(body) },
      { topics: STANDARD_TOPICS, now },
    );

  test("says the same thing by its line of JSON, which counts before the others", () => {
    const json = JSON.stringify({
      before: revisionOf("2"),
      after: revisionOf("b"),
      ref: "refs/heads/release",
      user_name: "John Smith",
      repository: { name: "site" },
      commits: [
        {
          id: revisionOf("3"),
          message: "first",
          timestamp: "2026-11-20T10:00:00Z",
          author: { name: "J", email: "j@x" },
        },
        {
          id: revisionOf("b"),
          message: "second\nrepo: evil",
          timestamp: "2026-11-20T11:00:00Z",
          author: { name: "J" },
        },
      ],
      total_commits_count: 7,
    });
    expect(taken(head(`JSON: ${json}\n`))?.data).toMatchObject({
      repository: "site",
      ref: "refs/heads/release",
      before: revisionOf("2"),
      after: revisionOf("b"),
      pusher: "John Smith",
      commits: [{ message: "second\nrepo: evil" }, { message: "first", author: { email: "j@x" } }],
      total: 7,
    });
  });

  test("keeps the group of a repository, which GitLab's name of it lacks", () => {
    const json = JSON.stringify({
      before: revisionOf("1"),
      after: revisionOf("a"),
      ref: "refs/heads/main",
      repository: { name: "Site" },
    });
    const body = head(`JSON: ${json}\n`).replace("shop", "team/site");
    expect(taken(body)?.data).toMatchObject({ repository: "team/site" });
  });

  test.each(["nonsense", "{}", "[]", "null", '{"before":1}', '{"before":"x","after":"y","ref":"z"}', ""])(
    "falls back on its lines where its JSON is %s",
    (json) => {
      expect(taken(head(`JSON: ${json}\n`))?.data).toMatchObject({
        repository: "shop",
        after: revisionOf("a"),
      });
    },
  );

  test("may lack its subject and its content type, and have the line ends of another system", () => {
    expect(taken(head(), {})?.data).toMatchObject({ repository: "shop" });
    expect(taken(head().replaceAll("\n", "\r\n"), {})?.data).toMatchObject({ ref: "refs/heads/main" });
  });

  test("that is no UTF-8 is read as Latin-1", () => {
    const body = Buffer.from(
      head(` ${revisionOf("a")}\nAuthor: J\u00f6rg\nDate: 2014-09-24 12:00:02 +0100\n\nna\u00efve\n`),
      "latin1",
    );
    expect(taken(body)?.data).toMatchObject({ commits: [{ author: { name: "Jörg" }, message: "naïve" }] });
  });

  test("of ten megabytes, from the year 3170843, is told by its beginning, at the time when it came", () => {
    const text = ` ${revisionOf("a")}\nAuthor: x\nDate: 3170843-11-07 02:30:00 +0000\n\n`;
    const envelope = taken(head(text) + "💥".repeat(2_600_000));
    expect(envelope?.data).toMatchObject({ commits: [{ at: now.toISOString() }] });
    const [commit] = parseData("commit.pushed", envelope?.data).commits;
    expect(commit?.message).toMatch(/^(💥){2048}$/u);
  });

  test.each([
    ["a line that is there twice", head("repo: payroll\n"), "it says repo twice"],
    [
      "no line newrev",
      head().replace(/newrev.*\n/, ""),
      "it has no line newrev: before the text of the commit",
    ],
    [
      "its lines after the text of the commit",
      ` text\n${head()}`,
      "it is none that a daemon of the older kit writes",
    ],
    ["its lines after an empty one", `repo: shop\n\n${head()}`, "it has no line oldrev:"],
    [
      "a repository that is a path",
      head().replace("shop", "../../etc"),
      "repository must be a repository name",
    ],
    [
      "a repository that every object has",
      head().replace("shop", "__proto__"),
      "repository must be a repository name",
    ],
    ["a ref that a shell would run", head().replace("/main", "/x$(id)"), "ref must be a full ref"],
    ["an empty branch", head().replace("/main", "/"), "ref must be a full ref"],
    ["an id that is none", head().replace(revisionOf("a"), "aaaaaaa"), "after must be a full object id"],
    [
      "a ref that neither was nor is",
      head().replace(revisionOf("1"), NO_REVISION).replace(revisionOf("a"), NO_REVISION),
      "neither was nor is there",
    ],
    ["a revision of Subversion that is none", "repo: legacy\nrevname: x\n", '"x" is no revision'],
  ])("with %s is refused", (_what, body, why) => {
    expect(() => taken(body)).toThrow(expect.objectContaining({ code: "MESSAGE_INVALID" }));
    expect(() => taken(body)).toThrow(why);
  });

  test("that comes again has the same id, and another one has another", () => {
    expect(taken(head())?.id).toBe(taken(head())?.id);
    expect(taken(head())?.id).not.toBe(taken(head().replace("shop", "site"))?.id);
    expect(taken(head())).toMatchObject({
      source: "//deploykit/topic/future.git.commits",
      time: now.toISOString(),
      data: { at: now.toISOString() },
    });
  });

  test("of any bytes is a message or refused, never anything else", () => {
    const beginning = fc.constantFrom("repo", "Repo", "package", "Site", "revname", "repo: x\nrevname", "");
    fc.assert(
      fc.property(beginning, fc.uint8Array({ maxLength: 200 }), hostileText(), (start, bytes, text) => {
        const body = Buffer.concat([Buffer.from(`${start}: ${text}`), bytes]);
        let said: unknown;
        try {
          said = taken(body)?.type ?? "beat";
        } catch (error) {
          said = error;
        }
        if (typeof said !== "string") expect(said).toMatchObject({ code: "MESSAGE_INVALID" });
      }),
    );
  });
});
