import { z } from "zod";
import { commandId, hostName, loginName, siteName } from "../../schema/names.ts";
import { signedEnvelope } from "../../schema/signed-envelope.ts";
import { entry, firstLine, instant, problem, text } from "./entry.ts";

/** A signed word about one login. What is beside it is for people: what counts is what was signed. */
const signedWord = z.object({
  request: commandId.describe("The id of the command."),
  site: siteName,
  user: loginName,
  command: signedEnvelope,
});

/** What is told of who may log in at which site, and until when. */
export const access = {
  "access.granted": entry({
    summary: "A person lets somebody log in at a site, for a time. Only the hash of the password travels.",
    kind: "durable",
    destination: "access",
    data: signedWord,
    identity: ({ request, command }) => [request, command.payload],
    line: ({ site, user }) => `${user} shall be let in at ${site}`,
  }),
  "access.revoked": entry({
    summary: "A person takes the leave to log in at a site back, before its time is over.",
    kind: "durable",
    destination: "access",
    data: signedWord,
    identity: ({ request, command }) => [request, command.payload],
    line: ({ site, user }) => `${user} shall not be let in at ${site} any more`,
  }),
  "access.applied": entry({
    summary: "What a host made of a word about a login: whom its web server lets in now.",
    kind: "durable",
    destination: "access.news",
    data: z.object({
      request: commandId.optional().describe("The command that this answers; the older kit's have no id."),
      host: hostName,
      site: siteName,
      user: loginName,
      outcome: z
        .enum(["granted", "revoked", "expired", "waiting", "refused"])
        .describe(
          "`waiting`: it is written down, and tried again, but the web server cannot be told of it now.",
        ),
      until: instant.optional().describe("Until when the login is good, where it is."),
      by: text(300).optional().describe("Who asked for it, by the key that signed."),
      why: text(500).optional(),
      ...problem,
      at: instant,
    }),
    identity: ({ request, host, site, user, outcome, at }) => [request ?? "", host, site, user, outcome, at],
    line: ({ host, site, user, outcome, until, reason }) => {
      const told = reason === undefined ? "" : `: ${firstLine(reason)}`;
      const end = outcome === "granted" && until !== undefined ? ` until ${until}` : "";
      return `access of ${user} to ${site} on ${host}: ${outcome}${end}${told}`;
    },
  }),
} as const;
