import { z } from "zod";
import { repositoryName } from "../../lib/schema/names.ts";
import { duration } from "../../lib/schema/quantities.ts";
import { secretSource } from "../../lib/schema/secret.ts";
import { templateProblem } from "../../lib/template.ts";

const matching = (pattern: RegExp, form: string, most = 300) =>
  z
    .string()
    .max(most)
    .regex(pattern, { error: `must be ${form}` });

const webAddress = matching(
  /^https?:\/\/[^\s/@?#]+(\/[^\s?#]*)?$/,
  "an address such as https://chat.example.com",
  1_000,
);
const serverName = matching(/^[A-Za-z0-9.:-]+$/, "the name of a server such as mail.example.com");
const mailAddress = matching(/^[^\s@<>,;:"()\\]+@[A-Za-z0-9.-]+$/, "a mail address such as ops@example.com");
const port = z.int().min(1).max(65_535);

const insecure = {
  insecure: z
    .boolean()
    .default(false)
    .describe("Whether it may be talked to without TLS although it is not on this machine."),
};
const deadline = {
  deadline: duration.prefault("20s").describe("How long one try may take."),
};
const ca = {
  ca: z
    .string()
    .min(1)
    .optional()
    .describe("A file of certificates to trust. A relative path is taken from the state folder."),
};

const slack = z.strictObject({
  type: z.literal("slack").describe("An incoming webhook of Slack, Mattermost or Rocket.Chat."),
  url: secretSource.describe("Where its address is kept: whoever has it can write to the channel."),
  channel: matching(/^[#@]?[^\s#@]{1,80}$/, "a channel such as #deploys")
    .optional()
    .describe("Where to write, where the webhook leaves that open, as Mattermost's do."),
  username: z
    .string()
    .min(1)
    .max(80)
    .optional()
    .describe("The name to write under, where it leaves that open."),
  ...insecure,
  ...deadline,
});

const mail = z.strictObject({
  type: z.literal("mail").describe("Mail by SMTP."),
  host: serverName.describe("The mail server."),
  port: port.default(587).describe("Its port."),
  tls: z
    .enum(["starttls", "implicit", "none"])
    .default("starttls")
    .describe("How the connection is encrypted; a server that cannot is not used."),
  ...ca,
  user: z.string().min(1).max(300).optional().describe("Who logs in; nobody where it is left out."),
  password: secretSource.optional().describe("Where the password is kept."),
  from: mailAddress.describe("Who writes."),
  to: z.array(mailAddress).min(1).max(50).describe("Who is written to."),
  prefix: z.string().max(50).default("[skein] ").describe("What every subject begins with."),
  ...insecure,
  ...deadline,
});

const irc = z.strictObject({
  type: z.literal("irc").describe("Channels of IRC."),
  host: serverName.describe("The server."),
  port: port.default(6697).describe("Its port."),
  tls: z.boolean().default(true).describe("Whether the connection is encrypted."),
  ...ca,
  nick: matching(/^[A-Za-z[\]\\`_^{|}][A-Za-z0-9[\]\\`_^{|}-]{0,29}$/, "a nick such as skein")
    .default("skein")
    .describe("Who we are; a number is added where somebody else is."),
  channels: z
    .array(matching(/^[#&+][^\s,:\u0007]{1,49}$/, "a channel such as #deploys"))
    .min(1)
    .max(10)
    .describe("The channels to join and to write to."),
  password: secretSource.optional().describe("Where the password of the server is kept."),
  sasl: z
    .strictObject({
      user: z.string().min(1).max(100).describe("Who logs in."),
      password: secretSource.describe("Where the password is kept."),
    })
    .optional()
    .describe("A login by SASL PLAIN."),
  nickserv: secretSource
    .optional()
    .describe("Where the password for NickServ is kept, where there is no SASL."),
  pace: duration.prefault("2s").describe("How long to wait between lines, after the first four."),
  ...insecure,
  ...deadline,
});

const matrix = z.strictObject({
  type: z.literal("matrix").describe("A room of Matrix."),
  url: webAddress.describe("The homeserver."),
  room: matching(/^![^\s/]{1,250}$/, "the id of a room such as !abc:example.com").describe(
    "The id of the room, which the account has joined.",
  ),
  token: secretSource.describe("Where the access token is kept."),
  ...insecure,
  ...deadline,
});

const http = z.strictObject({
  type: z
    .literal("http")
    .describe("JSON over HTTP, for another program: each message, with the text that people get."),
  url: z
    .union([webAddress, secretSource], {
      error:
        "must be an address such as https://example.com/hook, or where one is kept: { file: PATH } or { env: NAME }",
    })
    .describe("Where it is posted to."),
  token: secretSource.optional().describe("Where a token is kept, to be sent as `authorization: Bearer`."),
  secret: secretSource
    .optional()
    .describe("Where a key is kept, to sign each request with as Standard Webhooks says."),
  ...insecure,
  ...deadline,
});

const forge = {
  token: secretSource.describe("Where its token is kept."),
  repositories: z
    .record(
      repositoryName,
      matching(/^[A-Za-z0-9~_][A-Za-z0-9._-]*(\/[A-Za-z0-9_][A-Za-z0-9._-]*)+$/, "OWNER/NAME"),
    )
    .default({})
    .describe("What repositories are called there, where their `url` does not tell: OWNER/NAME."),
  context: matching(/^[A-Za-z0-9._/-]{1,60}$/, "a name such as skein")
    .default("skein")
    .describe("What the status of a build is called; that of a deploy is CONTEXT/deploy/ENVIRONMENT."),
  "deploy-status": z.boolean().default(false).describe("Whether rollouts are a status of the commit, too."),
  ...insecure,
  ...deadline,
};
const deployments = {
  deployments: z.boolean().default(true).describe("Whether rollouts are told as deployments."),
};

const github = z.strictObject({
  type: z.literal("github").describe("Commit statuses and deployments at GitHub."),
  url: webAddress.default("https://github.com").describe("Where it is."),
  api: webAddress
    .optional()
    .describe("Where its interface is: that of github.com, or URL/api/v3, where it is left out."),
  ...deployments,
  ...forge,
});
const gitlab = z.strictObject({
  type: z.literal("gitlab").describe("Commit statuses and deployments at GitLab."),
  url: webAddress.default("https://gitlab.com").describe("Where it is."),
  ...deployments,
  ...forge,
});
const gitea = z.strictObject({
  type: z.literal("gitea").describe("Commit statuses at Gitea or Forgejo."),
  url: webAddress.describe("Where it is."),
  ...forge,
});
const bitbucket = z.strictObject({
  type: z.literal("bitbucket").describe("Commit statuses at Bitbucket Cloud."),
  url: webAddress.default("https://bitbucket.org").describe("Where it is."),
  api: webAddress.default("https://api.bitbucket.org").describe("Where its interface is."),
  user: z
    .string()
    .min(1)
    .max(300)
    .optional()
    .describe("Whose token it is, where it is one of a person; an access token has none."),
  ...forge,
});
const bitbucketDc = z.strictObject({
  type: z.literal("bitbucket-dc").describe("Commit statuses at Bitbucket Data Center."),
  url: webAddress.describe("Where it is."),
  ...forge,
});

export const channel = z.discriminatedUnion(
  "type",
  [slack, mail, irc, matrix, http, github, gitlab, gitea, bitbucket, bitbucketDc],
  {
    error:
      "must be a channel, of type slack, mail, irc, matrix, http, github, gitlab, gitea, bitbucket or bitbucket-dc",
  },
);
export type Channel = z.infer<typeof channel>;
export type ChannelOf<Type extends Channel["type"]> = Extract<Channel, { readonly type: Type }>;
export type ForgeChannel = ChannelOf<"github" | "gitlab" | "gitea" | "bitbucket" | "bitbucket-dc">;

const channelName = matching(/^[a-z0-9][a-z0-9._-]{0,63}$/, "a name such as team-chat");
const patterns = (form: string) =>
  z
    .array(matching(/^[^\s]{1,200}$/, form))
    .min(1)
    .max(100)
    .optional();

const limit = z
  .string()
  .regex(/^\d{1,4} per \d{1,4}(s|m|h)$/, { error: "must be a rate such as 30 per 1m" })
  .transform((text) => {
    const [count = "", , window = ""] = text.split(" ");
    return { count: Number(count), window: duration.parse(window) };
  })
  .refine(({ count, window }) => count > 0 && window > 0, { error: "must be a rate such as 30 per 1m" });
export type Limit = z.infer<typeof limit>;

const rule = z.strictObject({
  to: z.array(channelName).min(1).max(50).describe("The channels."),
  types: patterns("a type of message such as rollout.*").describe(
    "Which types of message, as patterns. Where it is left out: what is said to people, builds that did not pass, the begin and the end of rollouts.",
  ),
  repositories: patterns("a pattern such as team/*").describe("Only what is about these repositories."),
  apps: patterns("a pattern such as shop*").describe("Only what is about these apps."),
  outcomes: patterns("an outcome such as failed").describe(
    "Only what came to this: passed, failed, succeeded …",
  ),
  environments: patterns("a pattern such as production").describe("Only what is about these environments."),
  sources: patterns("a pattern such as announcer").describe("Only what these daemons said."),
  template: z
    .string()
    .min(1)
    .max(4_000)
    .refine((text) => templateProblem(text) === undefined, {
      error: (issue) => `must be a Mustache template: ${templateProblem(String(issue.input)) ?? ""}`,
    })
    .optional()
    .describe("The text, as a Mustache template; one for each type of message where it is left out."),
  "at-most": limit
    .prefault("30 per 1m")
    .describe("How much one channel is told by this rule. What is more comes as one message."),
});
export type Rule = z.infer<typeof rule>;

export const settings = z
  .strictObject({
    channels: z.record(channelName, channel).default({}).describe("The ways to people, and to forges."),
    rules: z
      .array(rule)
      .max(200)
      .default([])
      .describe(
        "What goes where. Forges need no rule: they are told of all builds and rollouts of what they host.",
      ),
    late: z
      .strictObject({
        after: duration.prefault("1h").describe("How old a message must be."),
        tell: z
          .enum(["all", "summary", "nothing"])
          .default("summary")
          .describe("What people are told then: every one, one message that sums them up, or nothing."),
      })
      .prefault({})
      .describe(
        "What becomes of messages that come late, as after an outage. Forges and programs get all of them.",
      ),
    "give-up": duration.prefault("24h").describe("How long a channel that does not answer is tried."),
    most: z
      .int()
      .min(10)
      .max(100_000)
      .default(1_000)
      .describe("How much may wait for one channel; what is more makes the oldest go, and that is told."),
  })
  .superRefine(({ channels, rules }, context) => {
    rules.forEach(({ to }, index) => {
      for (const [place, name] of to.entries())
        if (!Object.hasOwn(channels, name))
          context.addIssue({
            code: "custom",
            path: ["rules", index, "to", place],
            message: `names ${name}, which is not among the channels`,
          });
    });
  });
export type Settings = z.infer<typeof settings>;

const FORGES = new Set(["github", "gitlab", "gitea", "bitbucket", "bitbucket-dc"]);

/** Whether a channel is a forge: it is told of builds and rollouts, not texts. */
export const isForge = (channel: Channel): channel is ForgeChannel => FORGES.has(channel.type);

/** Whether people read a channel, who want no more than they can take. */
export const isForPeople = (channel: Channel): boolean => !isForge(channel) && channel.type !== "http";
