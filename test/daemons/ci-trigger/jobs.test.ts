import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { jobsFor } from "../../../daemons/ci-trigger/jobs.ts";
import { settings } from "../../../daemons/ci-trigger/settings.ts";
import { aPush, revisionOf } from "../../support/builders.ts";

const servers = { ci: { type: "jenkins", url: "https://ci.example.com" } };
const jobs = (written: Readonly<Record<string, object>>) =>
  settings.parse({
    servers,
    jobs: Object.fromEntries(
      Object.entries(written).map(([name, job]) => [
        name,
        { repository: "shop", server: "ci", job: name, ...job },
      ]),
    ),
  }).jobs;
const commit = (message: string, digit = "a") => ({
  revision: revisionOf(digit),
  author: { name: "Dana", email: "dana@example.com" },
  at: "2026-11-21T10:15:02Z",
  message,
});

test("a push asks for every job of its repository, and for no other", () => {
  const all = jobs({ unit: {}, lint: {}, other: { repository: "docs" } });
  expect(jobsFor(aPush(), all)).toEqual(["unit", "lint"]);
  expect(jobsFor(aPush({ repository: "payroll" }), all)).toEqual([]);
});

test.each([
  ["a branch", "refs/heads/feature/x", {}, true],
  ["a tag, unless it is asked for", "refs/tags/v1", {}, false],
  ["a tag that is asked for", "refs/tags/v1", { refs: ["refs/tags/v*"] }, true],
  ["a branch that is not asked for", "refs/heads/main", { refs: ["refs/heads/release/*"] }, false],
  ["a ref that is to be ignored", "refs/heads/wip/x", { "ignore-refs": ["refs/heads/wip/*"] }, false],
  ["another than is to be ignored", "refs/heads/main", { "ignore-refs": ["refs/heads/wip/*"] }, true],
  ["everything, where that is asked for", "refs/tags/v1", { refs: ["*"] }, true],
])("%s is built or not as the job says", (_what, ref, job, built) => {
  expect(jobsFor(aPush({ ref }), jobs({ unit: job }))).toHaveLength(built ? 1 : 0);
});

describe("the faults of the older kit", () => {
  test("a job that ignores nothing is asked for all the same", () => {
    expect(jobsFor(aPush(), jobs({ unit: { "ignore-refs": [] } }))).toEqual(["unit"]);
  });

  test.each([
    ["that is told to be deleted", { change: "deleted" }],
    ["that leads to zeros", { after: revisionOf("0") }],
    ["that leads to zeros, in SHA-256", { after: "0".repeat(64), change: "deleted" }],
  ])("a ref %s is never built", (_what, said) => {
    expect(jobsFor(aPush(said), jobs({ unit: { refs: ["*"] } }))).toEqual([]);
  });

  test("a project of Subversion has a job of its own, its name written as it is", () => {
    const all = jobs({ sink: { project: "time sink" }, other: { project: "time" }, all: {} });
    const push = (project: string) => aPush({ project, before: "r41", after: "r42" });
    expect(jobsFor(push("time sink"), all)).toEqual(["sink", "all"]);
    expect(jobsFor(push("time"), all)).toEqual(["other", "all"]);
  });
});

describe("words that skip", () => {
  const unit = jobs({ unit: { refs: ["*"] } });
  test.each(["docs [ci skip]", "[skip ci] docs", "docs\n\n***NO_CI***"])("%j is not built", (message) => {
    expect(jobsFor(aPush({ commits: [commit(message)] }), unit)).toEqual([]);
  });

  test("only the newest commit counts", () => {
    const commits = [commit("mend it"), commit("docs [ci skip]", "b")];
    expect(jobsFor(aPush({ commits }), unit)).toEqual(["unit"]);
  });

  test("who tags means it", () => {
    expect(jobsFor(aPush({ ref: "refs/tags/v1", commits: [commit("[skip ci]")] }), unit)).toEqual(["unit"]);
  });

  test("a job may have others, or none", () => {
    const push = aPush({ commits: [commit("[ci skip]")] });
    expect(jobsFor(push, jobs({ unit: { "skip-words": [] } }))).toEqual(["unit"]);
  });
});

describe("paths", () => {
  const docs = jobs({ docs: { paths: ["docs/*", "README.md"] } });
  const changing = (changed: string[], cut = false) => aPush({ paths: { changed, cut } });
  test.each([
    [["docs/guides/ci.md"], true],
    [["src/a.ts", "README.md"], true],
    [["src/a.ts"], false],
    [["src/docs/a.md"], false],
    [[], false],
  ])("%j", (changed, built) => {
    expect(jobsFor(changing(changed), docs)).toHaveLength(built ? 1 : 0);
  });

  test("who does not know all of them builds", () => {
    expect(jobsFor(aPush(), docs)).toEqual(["docs"]);
    expect(jobsFor(changing(["src/a.ts"], true), docs)).toEqual(["docs"]);
  });
});

test("no ref and no path, whatever it is, makes a decision fail or asks for a job twice", () => {
  const all = jobs({ unit: { paths: ["a*?b/[x](y)"] }, lint: { refs: ["refs/heads/*+*"] } });
  fc.assert(
    fc.property(fc.string(), fc.array(fc.string({ maxLength: 50 }), { maxLength: 5 }), (message, changed) => {
      const asked = jobsFor(aPush({ commits: [commit(message)], paths: { changed, cut: false } }), all);
      expect(new Set(asked).size).toBe(asked.length);
    }),
  );
});

describe("a configuration is refused where it cannot mean what it says", () => {
  const job = { repository: "shop", server: "ci", job: "unit" };
  const http = { type: "http", url: "https://ci.example.com/hook" };
  test.each([
    ["an address without TLS", { servers: { ci: { type: "jenkins", url: "http://ci" } } }, /insecure/],
    [
      "a callback without TLS",
      { listen: "127.0.0.1:1", servers: { ci: { ...http, callback: "http://me" } } },
      /insecure/,
    ],
    ["a password in an address", { servers: { ci: { type: "jenkins", url: "https://u:p@ci" } } }, /password/],
    [
      "a server that is not there",
      { servers, jobs: { unit: { ...job, server: "other" } } },
      /not among the servers/,
    ],
    ["a server of every object", { servers, jobs: { unit: { ...job, server: "constructor" } } }, /not among/],
    ["a user without a token", { servers: { ci: { ...servers.ci, user: "u" } } }, /belong together/],
    ["a webhook that tells no result", { servers: { ci: http } }, /result/],
    ["a callback where nobody listens", { servers: { ci: { ...http, callback: "https://me" } } }, /listen/],
    ["a body for Jenkins", { servers: { ci: { ...servers.ci, body: {} } } }, /type http/],
    ["a job above its folder", { servers, jobs: { unit: { ...job, job: "team/../x" } } }, /path of a job/],
    ["a job without a name", { servers, jobs: { unit: { ...job, job: "team//x" } } }, /path of a job/],
    ["an unknown place", { servers, jobs: { unit: { ...job, parameters: { A: "{secret}" } } } }, /places/],
    ["a pattern that is no ref", { servers, jobs: { unit: { ...job, refs: ["main"] } } }, /pattern/],
    ["a name that is none", { servers, jobs: { "../x": job } }, /name of a job/],
    [
      "a token of a job for a webhook",
      {
        servers: { ci: { ...http, status: { url: "https://ci/{id}", id: "id", outcome: "o" } } },
        jobs: { unit: { ...job, token: { env: "X" } } },
      },
      /Jenkins/,
    ],
  ])("%s", (_what, written, reason) => {
    const parsed = settings.safeParse(written);
    expect(parsed.success).toBe(false);
    expect(JSON.stringify(parsed.error?.issues)).toMatch(reason);
  });
});
