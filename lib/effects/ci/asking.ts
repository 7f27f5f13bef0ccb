import { z } from "zod";
import type { Code } from "../../codes.ts";
import { Failure, reasonOf } from "../../failure.ts";
import type { Secret } from "../../schema/secret.ts";
import type { Http, HttpAnswer, HttpRequest } from "../http.ts";

/** How long an answer may take, in milliseconds, and how many bytes of it are read. */
const DEADLINE = 10_000;
const MOST = 1024 * 1024;

/** A server, and how to reach it. */
export interface Server {
  /** Its address, without a slash at the end. */
  readonly url: string;
  readonly http: Http;
  readonly user?: string | undefined;
  readonly token?: Secret | undefined;
  /** For tests: how long an answer may take. */
  readonly deadline?: number | undefined;
}

/** Names and a password for HTTP. */
export const basic = (user: string, token: Secret): string =>
  `Basic ${Buffer.from(`${user}:${token.reveal()}`).toString("base64")}`;

/** A form, as browsers send it. */
export const form = (fields: Readonly<Record<string, string>>): Pick<HttpRequest, "headers" | "body"> => ({
  headers: { "content-type": "application/x-www-form-urlencoded" },
  body: new URLSearchParams(fields).toString(),
});

/** A body in JSON. */
export const jsonBody = (body: unknown): Pick<HttpRequest, "headers" | "body"> => ({
  headers: { "content-type": "application/json" },
  body: JSON.stringify(body),
});

/**
 * Asks a server.
 * @throws {Failure} CI_UNREACHABLE where no answer came
 */
export async function ask(
  { url, http, deadline = DEADLINE }: Server,
  path: string,
  request: Partial<HttpRequest> = {},
): Promise<HttpAnswer> {
  try {
    return await http(`${url}${path}`, { deadline, most: MOST, ...request });
  } catch (cause) {
    // The query may hold a job's own token: it is not for people.
    const reason = reasonOf(cause).replace(/\?\S*/g, "");
    throw new Failure("CI_UNREACHABLE", reason, { cause, transient: true });
  }
}

/** What each status of a server means, beside 2xx. */
const MEANINGS: Readonly<Record<number, readonly [Code, string]>> = {
  400: ["CI_PARAMETERS", "it does not take these parameters"],
  401: ["CI_REFUSED", "it does not accept the user and token"],
  403: ["CI_REFUSED", "the user and token may not do this"],
  404: ["CI_JOB_UNKNOWN", "it has nothing of this name, or does not show it to this user"],
  405: ["CI_ANSWER", "it does not take this kind of request"],
  409: ["CI_JOB_DISABLED", "the job is disabled"],
};

/** What stands in the way, where an answer is no success. */
export function objection(what: string, { url }: Server, { status, headers, body }: HttpAnswer): Failure {
  const known = MEANINGS[status];
  const said =
    known?.[1] ?? (isRedirect(status) ? `it leads elsewhere, to ${whereTo(headers)}` : "no success");
  const code = known?.[0] ?? (status >= 500 || status === 429 ? "CI_UNREACHABLE" : "CI_ANSWER");
  const title = saidIn(body);
  return new Failure(
    code,
    `Cannot ${what} at ${url}: ${said} (status ${status}${title === "" ? "" : `, ${title}`})`,
    { transient: code === "CI_UNREACHABLE" },
  );
}

export const isRedirect = (status: number): boolean => status >= 300 && status < 400;

/** Where a redirect leads, without what may be secret in it. */
const whereTo = (headers: HttpAnswer["headers"]): string =>
  JSON.stringify((headers["location"] ?? "nowhere").replace(/[?#].*$/s, "").slice(0, 200));

/** What an answer says in a few words: the title of a page, or the error in JSON. */
function saidIn(body: Buffer): string {
  const text = body.subarray(0, 20_000).toString("utf8");
  const [, title] = /<title>([^<]{1,300})<\/title>/i.exec(text) ?? [];
  return (title ?? errorIn(jsonOf(body)))
    .replace(/token=[^&\s]*/gi, "token=***")
    .replace(/[\s\p{Cc}\p{Cf}]+/gu, " ")
    .trim()
    .slice(0, 200);
}

const errored = z.object({ error: z.union([z.string(), z.object({ message: z.unknown() })]) });

function errorIn(value: unknown): string {
  const { error } = errored.safeParse(value).data ?? { error: "" };
  if (typeof error === "string") return error;
  return typeof error.message === "string" ? error.message : JSON.stringify(error.message ?? "");
}

/**
 * Reads an answer in JSON. A server that is starting, or a proxy before it, may show a page instead: that may pass.
 * @throws {Failure} CI_ANSWER, or what the status stands for
 */
export function read<Schema extends z.ZodType>(
  what: string,
  server: Server,
  answer: HttpAnswer,
  schema: Schema,
): z.infer<Schema> {
  if (answer.status !== 200) throw objection(what, server, answer);
  const unusable = (why: string) =>
    new Failure("CI_ANSWER", `Cannot ${what} at ${server.url}: ${why}`, { transient: true });
  if (answer.cut) throw unusable(`its answer is longer than ${MOST} bytes`);
  const parsed = schema.safeParse(jsonOf(answer.body));
  if (parsed.success) return parsed.data;
  const title = saidIn(answer.body);
  throw unusable(
    title === "" ? "its answer is not what such a server says" : `it shows a page instead: ${title}`,
  );
}

function jsonOf(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString("utf8"));
  } catch {
    return undefined;
  }
}
