import { z } from "zod";
import { buildbot } from "../effects/ci/buildbot.ts";
import type { CiServer } from "../effects/ci/ci.ts";
import { webhookCi } from "../effects/ci/http.ts";
import { jenkins } from "../effects/ci/jenkins.ts";
import type { Http } from "../effects/http.ts";
import { secretSource } from "../schema/secret.ts";
import { readSecret } from "./secrets.ts";
import type { SharedSettings } from "./settings.ts";

const address = z
  .string()
  .max(1_000)
  .regex(/^https?:\/\/[^\s@]+$/, { error: "must be https://HOST/…, without a user or a password in it" })
  .refine((url) => URL.canParse(url) && new URL(url).hash === "", { error: "must be an address" });

const field = z.string().regex(/^[A-Za-z0-9_-]{1,64}(\.[A-Za-z0-9_-]{1,64}){0,9}$/, {
  error: "must be a field such as build.state",
});

const json = z.custom<unknown>((value) => value !== undefined && typeof value !== "symbol", {
  error: "must be whatever JSON can hold",
});

const said = (what: string, initial: string[]) =>
  z.array(z.string().max(100)).max(20).default(initial).describe(`What stands there for ${what}.`);

const status = z.strictObject({
  url: address.describe("Where a build is looked at; `{id}` is filled in."),
  id: field.describe("In which field of the answer to the request the server says what it calls the build."),
  outcome: field.describe("In which field of the answer about a build its state stands."),
  page: field.optional().describe("In which field the address for people stands."),
  running: said("a build that runs", ["running"]),
  passed: said("a build that passed", ["passed", "success"]),
  unstable: said("one that passed with warnings", ["unstable"]),
  failed: said("one that failed", ["failed", "failure"]),
  errored: said("one that could not be run", ["errored", "error"]),
  cancelled: said("one that was ended", ["cancelled", "canceled"]),
});

/** A CI server, as the configuration names it. */
export const ciServer = z
  .strictObject({
    type: z
      .enum(["jenkins", "buildbot", "http"])
      .describe("What it is; `http` is anything that takes a webhook."),
    url: address.describe("Its address; of `http`, where requests for builds are posted to."),
    insecure: z
      .boolean()
      .default(false)
      .describe("Whether it may be spoken to without TLS: others on the network can read its token then."),
    user: z
      .string()
      .regex(/^[^:\p{Cc}]{1,200}$/u, { error: "must be the name of a user" })
      .optional()
      .describe("Whom to ask as."),
    token: secretSource
      .optional()
      .describe(
        "The token or password of that user; of `http`, what is sent in the header `authorization: Bearer …`.",
      ),
    sign: secretSource
      .optional()
      .describe(
        "For `http`: a secret that each request is signed with, in the header `x-skein-signature-256`.",
      ),
    body: z
      .record(z.string().max(200), json)
      .optional()
      .describe(
        "For `http`: what is posted, as JSON. In its texts `{build}`, `{revision}` and the like are filled in.",
      ),
    callback: address
      .optional()
      .describe("For `http`: the address of this daemon's `listen`, as the server reaches it."),
    status: status.optional().describe("For `http`: how a build is looked at, where nobody calls back."),
  })
  .superRefine(({ type, url, insecure, user, token, ...own }, context) => {
    const refuse = (key: string, message: string) =>
      context.addIssue({ code: "custom", path: [key], message });
    for (const [key, each] of Object.entries({ url, callback: own.callback, status: own.status?.url }))
      if (!insecure && each !== undefined && !each.startsWith("https://"))
        refuse(key, "must begin with https://, or `insecure: true` must stand beside it");
    if (type === "http") {
      if (user !== undefined) refuse("user", "is for Jenkins and Buildbot");
      if (own.callback === undefined && own.status === undefined)
        refuse("callback", "or `status` must say how the result is learnt");
      return;
    }
    if (/\?/.test(url)) refuse("url", "must be the address of the server, without a query");
    if ((user === undefined) !== (token === undefined)) refuse("user", "and `token` belong together");
    for (const key of ["sign", "body", "callback", "status"] as const)
      if (own[key] !== undefined) refuse(key, "is for servers of type http");
  });
export type CiServerSettings = z.infer<typeof ciServer>;

/**
 * Opens a server.
 * @throws {Failure} CONFIG_INVALID where one of its secrets cannot be read
 */
export function openCiServer(
  name: string,
  { type, url, user, token, sign, ...more }: CiServerSettings,
  settings: Pick<SharedSettings, "state">,
  http: Http,
): CiServer {
  const secretOf = (source: typeof token) =>
    source === undefined ? undefined : readSecret(source, `the CI server ${name}`, settings);
  const server = { url: url.replace(/\/+$/, ""), http, user, token: secretOf(token) };
  switch (type) {
    case "jenkins":
      return jenkins(server);
    case "buildbot":
      return buildbot(server);
    case "http":
      return webhookCi({ ...server, url, ...more, sign: secretOf(sign) });
  }
}
