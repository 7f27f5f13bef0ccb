import { readFileSync } from "node:fs";
import { beforeEach, expect, test } from "vitest";
import { webhook } from "../../../daemons/webhook.ts";
import { aFolder } from "../../support/folder.ts";
import { dataOf, given } from "../../support/given.ts";
import { askedBy, SECRET, secretIn, sent } from "./sent.ts";

/** What was sent to the older kit's receivers, and what they did with it. */
interface Recorded {
  readonly name: string;
  readonly payload?: Readonly<Record<string, unknown>>;
  readonly frames: readonly { readonly body: string }[];
}
const recorded = (forge: "github" | "gitlab"): readonly Recorded[] =>
  JSON.parse(
    readFileSync(new URL(`../../fixtures/legacy/${forge}.json`, import.meta.url), "utf8"),
  ) as Recorded[];
const named = (forge: "github" | "gitlab", name: string) =>
  recorded(forge).find((each) => each.name === name);

let folder: string;
let daemon: ReturnType<typeof open>;
const open = () =>
  given(webhook, {
    config: {
      listen: "127.0.0.1:0",
      hooks: {
        github: {
          forge: "github",
          secret: secretIn(folder),
          repositories: { "kit/github": "defunkt/github" },
        },
        gitlab: { forge: "gitlab", secret: secretIn(folder), host: "gitlab.example.org" },
      },
    },
    settings: {
      state: folder,
      repositories: {
        "kit/github": { url: "/srv/git/github.git" },
        diaspora: { url: "git@gitlab.example.org:mike/diaspora.git" },
        nested: { url: "git@gitlab.example.org:top/sub/diaspora.git" },
        bare: { url: "https://gitlab.example.org/diaspora.git" },
        awesome: { url: "https://gitlab.example.org/awesome_space/awesome_project.git" },
      },
    },
  });
beforeEach(() => {
  folder = aFolder();
  daemon = open();
});

async function ask(
  forge: "github" | "gitlab",
  payload: unknown,
  more: { form?: boolean; event?: string } = {},
) {
  const { answer, messages } = await daemon.ask(askedBy(sent(forge, payload, more)));
  return {
    status: answer.status,
    pushes: dataOf("commit.pushed", messages),
    lines: dataOf("event.said", messages).map(({ text }) => text),
  };
}

test.each(
  recorded("gitlab").filter(({ payload }) => payload !== undefined && !("object_attributes" in payload)),
)("GitLab's $name is announced", async ({ payload }) => {
  const { status, pushes } = await ask("gitlab", payload);
  expect(status).toBe(202);
  const { before, after, ref } = payload ?? {};
  expect(pushes).toMatchObject([{ before, after, ref, pusher: "John Smith" }]);
});

test.each(recorded("github"))("GitHub's $name is announced, as a form and as JSON", async ({ payload }) => {
  const { before, after, ref } = payload ?? {};
  const tell = async (form: boolean) => (await ask("github", payload, { form })).pushes;
  const [form, json] = [await tell(true), await tell(false)];
  expect(form).toMatchObject([{ repository: "kit/github", before, after, ref }]);
  expect(json).toMatchObject([{ repository: "kit/github", before, after, ref }]);
});

test("a push with commits was answered 500; it is 202, and no commit can say another repository", async () => {
  const push = named("gitlab", "gitlab-push-with-commits");
  const { status, pushes } = await ask("gitlab", push?.payload);
  expect(status).toBe(202);
  expect(pushes).toMatchObject([{ repository: "diaspora", total: 2 }]);
  expect(pushes[0]?.commits.map(({ message, author }) => [author.email, message])).toEqual([
    [expect.any(String), "fixed readme\n\nrepo: evil\n— ☃"],
    ["jordi@softcatala.org", "Update Catalan translation to e38cb41."],
  ]);
});

test("what a nested group, a URL without a group, and one by https are called comes from the configuration", async () => {
  const url = async (address: string) => {
    const { payload } = named("gitlab", "gitlab-push-commits-null") ?? {};
    const repository = { ...(payload?.["repository"] as object), url: address };
    return (await ask("gitlab", { ...payload, repository })).pushes.map((push) => push.repository);
  };
  expect(await url("git@gitlab.example.org:top/sub/diaspora.git")).toEqual(["nested"]);
  expect(await url("git@gitlab.example.org:diaspora.git")).toEqual(["bare"]);
  expect(await url("https://gitlab.example.org/mike/diaspora.git")).toEqual(["diaspora"]);
  expect(await url("https://gitlab.example.org/sub/diaspora.git")).toEqual([]);
});

test("a tag was dropped without a word; it is announced", async () => {
  expect(named("gitlab", "gitlab-tag-push")?.frames).toEqual([]);
  const { pushes } = await ask("gitlab", named("gitlab", "gitlab-tag-push")?.payload);
  expect(pushes).toMatchObject([{ ref: "refs/tags/v1.0.0", change: "created", total: 1 }]);
});

test("a merge request is one line, as it was", async () => {
  const { lines } = await ask("gitlab", named("gitlab", "gitlab-merge-request-9ee0382")?.payload);
  expect(lines).toEqual(["[awesome] merge request ? opened by root: MS-Viewport (ms-viewport → master)"]);
});

test("a merge request of nowhere was said to be of unknown:unknown; it is ignored", async () => {
  const { status, lines } = await ask("gitlab", named("gitlab", "gitlab-merge-request-old")?.payload);
  expect({ status, lines }).toEqual({ status: 200, lines: [] });
});

test("a ping was answered 500; it is 200", async () => {
  expect(await ask("github", { zen: "Keep it logically awesome." }, { event: "ping" })).toMatchObject({
    status: 200,
  });
});

test("whoever found the address could announce; now a secret is needed", async () => {
  const { headers, ...push } = askedBy(sent("gitlab", named("gitlab", "gitlab-push-commits-null")?.payload));
  const { answer, messages } = await daemon.ask({
    ...push,
    headers: { "content-type": headers?.["content-type"] },
  });
  expect([answer.status, messages]).toEqual([401, []]);
  expect(Buffer.from(answer.body ?? "").toString()).not.toContain(SECRET);
});

test("bad JSON is 400, and the next push is taken", async () => {
  expect(await ask("gitlab", Buffer.from("{"))).toMatchObject({ status: 400, pushes: [] });
  expect(await ask("gitlab", named("gitlab", "gitlab-tag-push")?.payload)).toMatchObject({ status: 202 });
});
