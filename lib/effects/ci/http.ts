import { createHmac } from "node:crypto";
import { z } from "zod";
import { Failure } from "../../failure.ts";
import type { Secret } from "../../schema/secret.ts";
import { ask, jsonBody, objection, read, type Server } from "./asking.ts";
import { type CiServer, type Progress, type Result, results, shownAt } from "./ci.ts";
import { filledIn, valuesOf } from "./fill.ts";

/** How a build is looked at, where nobody calls back: addresses, and the fields of the answers. */
interface Status extends Readonly<Record<Result | "running", readonly string[]>> {
  readonly url: string;
  readonly id: string;
  readonly outcome: string;
  readonly page?: string | undefined;
}

interface Webhook extends Server {
  readonly sign?: Secret | undefined;
  readonly body?: Readonly<Record<string, unknown>> | undefined;
  readonly status?: Status | undefined;
}

/** What is posted where the configuration says nothing of it. */
const BODY = {
  build: "{build}",
  job: "{job}",
  repository: "{repository}",
  project: "{project}",
  ref: "{ref}",
  branch: "{branch}",
  revision: "{revision}",
};

/** Whatever takes a webhook. Its result comes by a callback, or is looked at where it says. */
export function webhookCi({ body: template = BODY, sign, status, ...server }: Webhook): CiServer {
  const bearer = server.token === undefined ? {} : { authorization: `Bearer ${server.token.reveal()}` };
  return {
    trigger: async (order) => {
      const { body, headers } = jsonBody({
        ...(filledIn(template, valuesOf(order)) as object),
        ...(Object.keys(order.parameters).length === 0 ? {} : { parameters: order.parameters }),
        ...(order.callback === undefined ? {} : { callback: order.callback }),
      });
      const signature: Record<string, string> =
        sign === undefined ? {} : { "x-skein-signature-256": `sha256=${hmac(sign, String(body))}` };
      const answer = await ask(server, "", {
        method: "POST",
        ...(body === undefined ? {} : { body }),
        // Who takes a request twice, because no answer to the first came back, can tell that it is the same.
        headers: { ...headers, ...bearer, ...signature, "idempotency-key": order.build },
      });
      const what = `ask for a build of ${order.job}`;
      if (answer.status < 200 || answer.status > 299) throw objection(what, server, answer);
      if (status === undefined) return { item: order.build };
      const found = fieldOf(status.id, read(what, server, { ...answer, status: 200 }, z.unknown()));
      if (typeof found === "number" || (typeof found === "string" && /^[A-Za-z0-9_.:-]{1,200}$/.test(found)))
        return { run: String(found) };
      throw new Failure("CI_ANSWER", `Cannot ${what} at ${server.url}: its answer has no ${status.id}`);
    },
    // Nothing can be asked; the key of the request tells a server that it has it already.
    locate: () => Promise.resolve(undefined),
    poll: async (handle, { job }): Promise<Progress> => {
      if (status === undefined || handle.run === undefined) return { state: "queued", handle };
      const url = status.url.replaceAll("{id}", encodeURIComponent(handle.run));
      const what = `look at build ${handle.run} of ${job}`;
      const answer = await ask({ ...server, url }, "", { headers: bearer });
      if (answer.status === 404) return { state: "lost" };
      const told = read(what, server, answer, z.unknown());
      const state = String(fieldOf(status.outcome, told));
      const at = { handle, url: status.page === undefined ? undefined : shownAt(fieldOf(status.page, told)) };
      const result = results.find((each) => status[each].includes(state));
      if (result !== undefined)
        return {
          state: "ended",
          ...at,
          result,
          reason: result === "passed" ? undefined : `the server says ${state.slice(0, 100)}`,
          revisions: [],
        };
      return status.running.includes(state) ? { state: "running", ...at } : { state: "queued", handle };
    },
    sources: () => Promise.resolve([]),
    cancel: () =>
      Promise.reject(
        new Failure("CI_ANSWER", `Cannot end a build at ${server.url}: a webhook has no way to ask for it`),
      ),
    log: (_handle, _place, from) => Promise.resolve({ text: "", from, cut: false }),
  };
}

const hmac = (secret: Secret, body: string): string =>
  createHmac("sha256", secret.reveal()).update(body).digest("hex");

function fieldOf(path: string, value: unknown): unknown {
  return path
    .split(".")
    .reduce<unknown>(
      (each, key) =>
        typeof each === "object" && each !== null && Object.hasOwn(each, key)
          ? (each as Readonly<Record<string, unknown>>)[key]
          : undefined,
      value,
    );
}
