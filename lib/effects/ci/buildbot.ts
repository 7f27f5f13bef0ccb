import { z } from "zod";
import { Failure } from "../../failure.ts";
import { isOfSvn, shortRef } from "../../schema/names.ts";
import type { HttpAnswer, HttpRequest } from "../http.ts";
import { ask, basic, jsonBody, objection, read, type Server } from "./asking.ts";
import type { CiServer, Handle, Order, Place, Progress, Result } from "./ci.ts";

const id = z.int().min(0);
const forced = z.object({ result: z.tuple([id, z.record(z.string(), id)]) });
const buildsets = z.object({
  buildsets: z.array(
    z.object({
      bsid: id,
      complete: z.boolean(),
      results: z.int().nullish(),
      reason: z.string().nullish(),
      submitted_at: z.number().nullish(),
    }),
  ),
});
const sourced = z.object({
  buildsets: z.array(
    z.object({
      sourcestamps: z.array(z.object({ revision: z.string().nullable(), branch: z.string().nullish() })),
    }),
  ),
});
const requests = z.object({
  buildrequests: z.array(z.object({ buildrequestid: id, claimed: z.boolean(), complete: z.boolean() })),
});
const builds = z.object({
  builds: z.array(
    z.object({
      buildid: id,
      builderid: id,
      number: id,
      complete: z.boolean(),
      state_string: z.string().nullish(),
    }),
  ),
});
type Build = z.infer<typeof builds>["builds"][number];
const steps = z.object({ steps: z.array(z.object({ stepid: id, name: z.string() })) });
const logs = z.object({
  logs: z.array(z.object({ logid: id, complete: z.boolean(), num_lines: id, type: z.string() })),
});
const chunks = z.object({ logchunks: z.array(z.object({ content: z.string() })) });

/** The numbers that Buildbot gives results. */
const RESULTS: readonly Result[] = [
  "passed",
  "unstable",
  "failed",
  "cancelled",
  "errored",
  "errored",
  "cancelled",
];

/** How far the clocks of Buildbot and of this host may differ, in milliseconds. */
const SKEW = 60_000;
/** How many lines are taken at once. */
const MOST_LINES = 500;

/**
 * A Buildbot, over its REST API. A job is a force scheduler there: only these answer with what they began, so that nothing has to
 * be guessed. What is followed is the set of builds that it began, one for each of its builders.
 */
export function buildbot(server: Server): CiServer {
  const call = withSession(server);
  const get = async <Schema extends z.ZodType>(what: string, path: string, schema: Schema) =>
    read(what, server, await call(`/api/v2${path}`), schema);
  const command = (path: string, method: string, params: Readonly<Record<string, unknown>>) =>
    call(`/api/v2${path}`, { method: "POST", ...jsonBody({ id: 1, jsonrpc: "2.0", method, params }) });

  const requestsOf = async ({ item = "" }: Handle) =>
    (await get("list what was requested", `/buildrequests?buildsetid=${item}`, requests)).buildrequests;
  const buildsOf = async (handle: Handle): Promise<readonly Build[]> => {
    const requested = await requestsOf(handle);
    const found = await Promise.all(
      requested.map(({ buildrequestid }) =>
        get("list builds", `/buildrequests/${buildrequestid}/builds`, builds),
      ),
    );
    return found.flatMap((each) => each.builds);
  };
  const pageOf = ({ builderid, number }: Build) => `${server.url}/#/builders/${builderid}/builds/${number}`;

  return {
    trigger: async (order) => {
      const path = schedulerPath(order);
      const answer = await command(path, "force", paramsOf(order));
      const what = `ask for a build by ${order.job}`;
      if (answer.status >= 500 && (await call(`/api/v2${path}`)).status === 404)
        throw new Failure(
          "CI_JOB_UNKNOWN",
          `Cannot ${what} at ${server.url}: it has no force scheduler of this name`,
        );
      const [buildset] = read(what, server, answer, forced).result;
      return { item: String(buildset) };
    },
    locate: async ({ build, wanted }) => {
      const { buildsets: all } = await get(
        "list what was begun",
        "/buildsets?order=-bsid&limit=100",
        buildsets,
      );
      const found = all.find(
        ({ reason, submitted_at: submitted }) =>
          (reason ?? "").endsWith(reasonOf(build)) && (submitted ?? 0) * 1_000 >= wanted - SKEW,
      );
      return found === undefined ? undefined : { item: String(found.bsid) };
    },
    poll: async (handle): Promise<Progress> => {
      const answer = await call(`/api/v2/buildsets/${handle.item}`);
      if (answer.status === 404) return { state: "lost" };
      const [set] = read("look at what was begun", server, answer, buildsets).buildsets;
      const begun = await buildsOf(handle);
      const shown = begun.find(({ complete }) => !complete) ?? begun.at(-1);
      const at = {
        handle: shown === undefined ? handle : { ...handle, run: String(shown.buildid) },
        url: shown === undefined ? undefined : pageOf(shown),
      };
      if (set?.complete !== true)
        return shown === undefined
          ? { state: "queued", handle, why: "no worker has taken it yet" }
          : { state: "running", ...at };
      const result = RESULTS[set.results ?? -1] ?? "errored";
      const reason = result === "passed" ? undefined : `Buildbot says ${shown?.state_string ?? result}`;
      return { state: "ended", ...at, result, reason: reason?.slice(0, 1_000), revisions: [] };
    },
    sources: async ({ item = "" }) => {
      const [set] = (await get("look at what a build is of", `/buildsets/${item}`, sourced)).buildsets;
      return (set?.sourcestamps ?? []).flatMap(({ revision, branch }) =>
        revision === null ? [] : [{ revision, branch: branch ?? undefined }],
      );
    },
    cancel: async (handle, place) => {
      const params = { reason: "ended through Skein" };
      const insist = (answer: HttpAnswer) => {
        if (answer.status >= 400 && answer.status !== 404)
          throw objection(`end a build by ${place.job}`, server, answer);
      };
      for (const { buildrequestid, complete } of await requestsOf(handle))
        if (!complete) insist(await command(`/buildrequests/${buildrequestid}`, "cancel", params));
      for (const { buildid, complete } of await buildsOf(handle))
        if (!complete) insist(await command(`/builds/${buildid}`, "stop", params));
    },
    log: async ({ run }, _place, from) => {
      if (run === undefined) return { text: "", from, cut: false };
      const texts: string[] = [];
      let at = positionIn(from);
      let lines = 0;
      const list = await get("list the steps of a build", `/builds/${run}/steps`, steps);
      for (const { stepid } of list.steps) {
        for (const each of (await get("list the logs of a step", `/steps/${stepid}/logs`, logs)).logs) {
          const done = at.log === each.logid ? at.line : at.log > each.logid ? each.num_lines : 0;
          const take = Math.min(MOST_LINES - lines, each.num_lines - done);
          if (take <= 0) continue;
          const path = `/logs/${each.logid}/contents?offset=${done}&limit=${take}`;
          const read = await get("read a log", path, chunks);
          const content = read.logchunks.map((chunk) => chunk.content).join("");
          texts.push(each.type === "s" ? outputIn(content) : content);
          at = { log: each.logid, line: done + take };
          lines += take;
        }
      }
      return { text: texts.join(""), from: `${at.log}:${at.line}`, cut: false };
    },
  };
}

/** What a program printed, without what Buildbot says of it: there stands the whole environment of the worker, with what is secret in it. */
const outputIn = (content: string): string => content.replace(/^h.*(?:\n|$)/gm, "").replace(/^[oe]/gm, "");

/** A position is a log and a line of it. Logs are numbered in the order in which they were begun. */
function positionIn(from: string): { log: number; line: number } {
  const [, log = "0", line = "0"] = /^(\d{1,15}):(\d{1,15})$/.exec(from) ?? [];
  return { log: Number(log), line: Number(line) };
}

/** @throws {Failure} CI_JOB_UNKNOWN for what can be no scheduler */
function schedulerPath({ job }: Place): string {
  if (!/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}$/.test(job) || job.includes(".."))
    throw new Failure(
      "CI_JOB_UNKNOWN",
      `Cannot use ${JSON.stringify(job)} as a job: no force scheduler has such a name`,
    );
  return `/forceschedulers/${job}`;
}

/** How a set of builds is known again: schedulers put who asked before it. */
const reasonOf = (build: Order["build"]): string => `skein ${build}`;

function paramsOf({ build, repository, project, ref, revision, parameters }: Order) {
  return {
    repository,
    project: project ?? "",
    branch: shortRef(ref),
    revision: isOfSvn(revision) ? revision.slice(1) : revision,
    ...parameters,
    reason: reasonOf(build),
    // What Buildbot insists on where nobody has logged in.
    username: "skein <skein@localhost>",
  };
}

/** Calls as somebody who has logged in; who has been forgotten logs in once more. */
function withSession(server: Server) {
  const { user, token } = server;
  let session: string | undefined;
  const logIn = async (): Promise<string> => {
    if (user === undefined || token === undefined) return "";
    const answer = await ask(server, "/auth/login", { headers: { authorization: basic(user, token) } });
    // The first is of a session in which nobody has logged in yet.
    const cookie = (answer.headers["set-cookie"] ?? "").match(/TWISTED_SESSION[^=;,\s]*=[^;,\s]*/g)?.at(-1);
    if (answer.status >= 400 || cookie === undefined) throw objection(`log in as ${user}`, server, answer);
    return cookie;
  };
  return async (path: string, request: Partial<HttpRequest> = {}): Promise<HttpAnswer> => {
    const once = async (cookie: string) =>
      ask(server, path, {
        ...request,
        headers: { ...request.headers, ...(cookie === "" ? {} : { cookie }) },
      });
    const known = session;
    session ??= await logIn();
    const answer = await once(session);
    if ((answer.status !== 401 && answer.status !== 403) || known === undefined || known === "")
      return answer;
    session = await logIn();
    return once(session);
  };
}
