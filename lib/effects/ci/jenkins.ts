import { z } from "zod";
import { Failure } from "../../failure.ts";
import type { HttpAnswer, HttpRequest } from "../http.ts";
import { ask, basic, form, isRedirect, objection, read, type Server } from "./asking.ts";
import type { CiServer, Order } from "./ci.ts";
import {
  type Build,
  build,
  builds,
  isOf,
  printedIn,
  progressOf,
  queue,
  queueItem,
  sources,
  sourcesIn,
} from "./jenkins-answers.ts";
import { isPathOf, jobPath } from "./jenkins-names.ts";

const crumbIssued = z.object({
  crumb: z.string(),
  crumbRequestField: z.string().regex(/^[A-Za-z0-9.-]{1,60}$/),
});

const ACTIONS = "actions[causes[*],parameters[*],lastBuiltRevision[SHA1]]";
const BUILD = `number,url,result,building,queueId,duration,timestamp,${ACTIONS}`;
const SOURCES = "actions[lastBuiltRevision[SHA1,branch[name]]]";
const treeOf = (tree: string): string =>
  `?tree=${tree.replace(/[[\]{}]/g, (each) => encodeURIComponent(each))}`;

/** A Jenkins, over its HTTP API: asked as somebody with a token, or only with the tokens of jobs. */
export function jenkins(server: Server): CiServer {
  const { user, token } = server;
  const login = user === undefined || token === undefined ? {} : { authorization: basic(user, token) };
  const get = (path: string) => ask(server, path, { headers: login });
  const post = (path: string, { headers = {}, ...more }: Partial<HttpRequest> = {}) =>
    withCrumb(server, login, (crumb) =>
      ask(server, path, { ...more, method: "POST", headers: { ...headers, ...login, ...crumb } }),
    );

  const buildsOf = async (path: string): Promise<readonly Build[]> => {
    const answer = await get(`${path}/api/json${treeOf(`builds[${BUILD}]{0,50}`)}`);
    return read(`list the builds of ${path}`, server, answer, builds).builds;
  };

  return {
    trigger: async (order) => {
      const path = jobPath(order);
      const what = `ask for a build of ${order.job}`;
      const answer = await start(order, path, { get, post });
      const item = queuedAs(answer);
      if (item !== undefined) return { item };
      if (answer.status === 200)
        throw new Failure(
          "CI_ANSWER",
          `Cannot ${what} at ${server.url}: it shows a page instead, perhaps one to log in with`,
        );
      if (answer.status === 302 && answer.headers["location"] === ".")
        throw new Failure("CI_REFUSED", `Cannot ${what} at ${server.url}: Jenkins refuses to schedule it`);
      throw objection(what, server, answer);
    },
    locate: async (order) => {
      const path = jobPath(order);
      const waiting = await get(`/queue/api/json${treeOf(`items[id,cancelled,task[url],${ACTIONS}]`)}`);
      const item = read("look at the queue", server, waiting, queue).items.find(
        (each) => isPathOf(path, each.task?.url) && isOf(each, order),
      );
      if (item !== undefined) return { item: String(item.id) };
      const found = (await buildsOf(path)).find((each) => isOf(each, order));
      return found === undefined
        ? undefined
        : {
            run: String(found.number),
            ...(found.queueId === undefined ? {} : { item: String(found.queueId) }),
          };
    },
    poll: async (handle, place) => {
      const path = jobPath(place);
      if (handle.run !== undefined) {
        const answer = await get(`${path}/${handle.run}/api/json${treeOf(BUILD)}`);
        if (answer.status === 404) return { state: "lost" };
        return progressOf(read(`look at build ${handle.run} of ${place.job}`, server, answer, build), handle);
      }
      const { item = "" } = handle;
      const answer = await get(`/queue/item/${item}/api/json`);
      // Jenkins forgets an item minutes after it left the queue, and all of them when it restarts; builds remember theirs.
      if (answer.status === 404) {
        const found = (await buildsOf(path)).find(({ queueId }) => String(queueId) === item);
        return found === undefined
          ? { state: "lost" }
          : progressOf(found, { ...handle, run: String(found.number) });
      }
      const waiting = read(`look at item ${item} of the queue`, server, answer, queueItem);
      if (waiting.executable)
        return { state: "running", handle: { ...handle, run: String(waiting.executable.number) } };
      if (waiting.cancelled)
        return {
          state: "ended",
          handle,
          result: "cancelled",
          reason: "it was taken from the queue",
          revisions: [],
        };
      return { state: "queued", handle, ...(waiting.why ? { why: waiting.why.slice(0, 300) } : {}) };
    },
    sources: async ({ run }, place) => {
      if (run === undefined) return [];
      const answer = await get(`${jobPath(place)}/${run}/api/json${treeOf(SOURCES)}`);
      return sourcesIn(read(`look at what build ${run} of ${place.job} is of`, server, answer, sources));
    },
    cancel: async ({ item, run }, place) => {
      const path = run === undefined ? `/queue/cancelItem?id=${item}` : `${jobPath(place)}/${run}/stop`;
      const answer = await post(path);
      if (answer.status < 400 || answer.status === 404) return;
      throw objection(`end a build of ${place.job}`, server, answer);
    },
    log: async ({ run }, place, from) => {
      const start = from === "" ? "0" : from;
      if (run === undefined) return { text: "", from: start, cut: false };
      const answer = await get(`${jobPath(place)}/${run}/logText/progressiveText?start=${start}`);
      if (answer.status !== 200) throw objection(`read what a build of ${place.job} printed`, server, answer);
      return printedIn(answer, start);
    },
  };
}

interface Reach {
  readonly get: (path: string) => Promise<HttpAnswer>;
  readonly post: (path: string, request?: Partial<HttpRequest>) => Promise<HttpAnswer>;
}

/**
 * Asks for a build. With the token of a job it travels in the body; only a Jenkins that takes no POST from nobody in
 * particular gets it in the address, as it always did.
 */
async function start({ token, parameters: given }: Order, path: string, { get, post }: Reach) {
  const fields = { ...(token === undefined ? {} : { token: token.reveal() }), ...given };
  const verb = Object.keys(given).length === 0 ? "build" : "buildWithParameters";
  const answer = await post(`${path}/${verb}`, Object.keys(fields).length === 0 ? {} : form(fields));
  if (token === undefined || answer.status !== 403 || !wantsCrumb(answer)) return answer;
  return get(`${path}/${verb}?${new URLSearchParams(fields).toString()}`);
}

/** The item of the queue that a request was given: 201, or from 2.57x on 303 for one that was there already. */
function queuedAs({ status, headers }: HttpAnswer): string | undefined {
  if (status !== 201 && !isRedirect(status)) return undefined;
  return /\/queue\/item\/(\d{1,18})\/?$/.exec(headers["location"] ?? "")?.[1];
}

const wantsCrumb = ({ body }: HttpAnswer): boolean => body.includes("No valid crumb");

/** Passwords need a crumb, which counts only together with the session that it was given in; tokens need none. */
async function withCrumb(
  server: Server,
  login: Readonly<Record<string, string>>,
  request: (crumb: Readonly<Record<string, string>>) => Promise<HttpAnswer>,
): Promise<HttpAnswer> {
  const answer = await request({});
  if (answer.status !== 403 || !wantsCrumb(answer)) return answer;
  const issued = await ask(server, "/crumbIssuer/api/json", { headers: login });
  // Without an issuer of crumbs, what Jenkins said first is what there is to say.
  if (issued.status !== 200) return answer;
  const { crumb, crumbRequestField } = read("get a crumb", server, issued, crumbIssued);
  const cookie = sessionOf(issued);
  return request({ [crumbRequestField]: crumb, ...(cookie === "" ? {} : { cookie }) });
}

const sessionOf = ({ headers }: HttpAnswer): string =>
  [...(headers["set-cookie"] ?? "").matchAll(/(?:^|,\s*)(JSESSIONID[^=;,\s]*=[^;,\s]*)/g)]
    .map(([, pair = ""]) => pair)
    .join("; ");
