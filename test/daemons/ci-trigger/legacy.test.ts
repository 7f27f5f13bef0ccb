import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ciTrigger } from "../../../daemons/ci-trigger.ts";
import { leaveBuilds } from "../../../daemons/ci-trigger/builds.ts";
import { memoryHub } from "../../../lib/bus/memory.ts";
import { aPush } from "../../support/builders.ts";
import { publish, start } from "../../support/daemons.ts";
import { aFolder } from "../../support/folder.ts";
import { dataOf, given } from "../../support/given.ts";
import { scriptedJenkins } from "../../support/scripted-jenkins.ts";

interface Seen {
  readonly name: string;
  readonly stimulus?: { readonly body: string };
  readonly jenkins_mode?: string;
  readonly jenkins_requests?: readonly { readonly line: string }[];
  readonly frames: readonly { readonly body?: string }[];
}

/** What the older stomp-jenkins was seen to do. */
const seen = JSON.parse(
  readFileSync(new URL("../../fixtures/legacy/stomp-jenkins.json", import.meta.url), "utf8"),
) as readonly Seen[];

/** The push that a stimulus tells of: what stands in its head, not what a commit says below it. */
function pushIn({ name, stimulus }: Seen) {
  const fields = new Map<string, string>();
  for (const line of (stimulus?.body ?? "").split("\n")) {
    const [, key, value] = /^(repo|oldrev|newrev|refname|project|ref|branch|rev): ?(.*)$/.exec(line) ?? [];
    if (key === undefined || fields.has(key)) continue;
    fields.set(key, value ?? "");
  }
  const [repository, after] = [fields.get("repo"), fields.get("newrev")];
  if (repository === undefined || after === undefined) throw new Error(`${name} tells of no push`);
  return aPush({ repository, after, ref: fields.get("refname"), before: fields.get("oldrev") });
}

let state: string;
let jenkins: ReturnType<typeof scriptedJenkins>;
beforeEach(() => {
  state = aFolder();
  jenkins = scriptedJenkins();
});
afterEach(async () => {
  leaveBuilds(join(state, "ci-trigger"));
  await jenkins.close();
});

const section = async (jobs: Readonly<Record<string, object>>) => ({
  poll: "50ms",
  servers: { ci: { type: "jenkins", url: await jenkins.url(), insecure: true } },
  jobs: Object.fromEntries(
    Object.entries(jobs).map(([name, job]) => [name, { server: "ci", job: name, ...job }]),
  ),
});
const open = async () =>
  given(ciTrigger, {
    settings: { state },
    config: await section({
      "my-Jenkins-project": { repository: "example", refs: ["*"], "ignore-refs": ["refs/tags/jenkins-*"] },
      "empty-ignore-job": { repository: "empty-ignore" },
      hupped: { repository: "hupped" },
    }),
  });
const stimulus = (name: string): Seen => {
  const found = seen.find((each) => each.name === `stomp-jenkins-${name}`);
  if (found === undefined) throw new Error(`Nothing was seen of ${name}`);
  return found;
};

test.each([
  ["jenkins-403", 403, "CI_REFUSED"],
  ["jenkins-500", 500, undefined],
])(
  "%s: the older kit announced the request all the same; here the answer is what is told",
  async (name, status, code) => {
    expect(stimulus(name).frames.map(({ body }) => body)).toEqual([
      expect.stringMatching(/^Requested Jenkins build/) as string,
    ]);
    jenkins.trouble({ status });
    const told = await (await open()).when("commit.pushed", pushIn(stimulus(name)));
    expect(dataOf("event.said", told).map(({ text }) => text)).toEqual([
      expect.stringMatching(new RegExp(`status ${status}`)) as string,
    ]);
    expect(dataOf("build.finished", told).map((each) => each.code)).toEqual(code === undefined ? [] : [code]);
  },
);

test("a job that ignores nothing is asked for, and no secret stands in the address", async () => {
  expect(stimulus("empty-ignore_refs").jenkins_requests?.[0]?.line).toContain("token=KEY3");
  await (await open()).when("commit.pushed", pushIn(stimulus("empty-ignore_refs")));
  expect(jenkins.posts().map(({ path }) => path)).toEqual(["/job/empty-ignore-job/build"]);
});

test("a ref that is to be ignored is ignored", async () => {
  await (await open()).when("commit.pushed", pushIn(stimulus("ignored-ref")));
  expect(jenkins.asked).toEqual([]);
});

test.each(["commit-message-overrides-repo", "no-subject"])(
  "%s: what a commit says decides nothing, and who sends no subject is heard",
  async (name) => {
    expect(stimulus(name).jenkins_requests).toEqual([]);
    await (await open()).when("commit.pushed", pushIn(stimulus(name)));
    expect(jenkins.posts().map(({ path }) => path)).toEqual(["/job/my-Jenkins-project/build"]);
  },
);

test("a branch that is deleted asks for nothing", async () => {
  const push = { ...pushIn(stimulus("empty-ignore_refs")), after: "0".repeat(40), change: "deleted" };
  await (await open()).when("commit.pushed", aPush(push));
  expect(jenkins.asked).toEqual([]);
});

test("a name with spaces is just written, for a job as for a project of Subversion", async () => {
  const daemon = given(ciTrigger, {
    settings: { state },
    config: await section({ sink: { repository: "svn", project: "time sink", job: "name with spaces" } }),
  });
  await daemon.when(
    "commit.pushed",
    aPush({ repository: "svn", project: "time sink", before: "r41", after: "r42", ref: "refs/heads/trunk" }),
  );
  expect(jenkins.posts().map(({ path }) => path)).toEqual(["/job/name%20with%20spaces/build"]);
});

test("a configuration that is read again on SIGHUP takes effect; one that is wrong leaves the former one", async () => {
  expect(stimulus("after-HUP").jenkins_requests).toEqual([]);
  let jobs: Readonly<Record<string, object>> = {};
  const hub = memoryHub();
  const written = await section({});
  const daemon = await start(ciTrigger, () => ({ state, "ci-trigger": { ...written, jobs } }), hub);
  jobs = { hupped: { repository: "hupped", server: "nowhere", job: "hupped" } };
  daemon.reload();
  await expect.poll(() => daemon.logged.join("")).toContain("new configuration refused");
  jobs = { hupped: { repository: "hupped", server: "ci", job: "hupped" } };
  daemon.reload();
  await expect.poll(() => daemon.logged.join("")).toContain("configuration read again");
  await publish(hub, "commit.pushed", pushIn(stimulus("after-HUP")));
  await expect.poll(() => jenkins.posts().map(({ path }) => path)).toEqual(["/job/hupped/build"]);
  await daemon.stop();
});
