import { resolve } from "node:path";
import { readSecret } from "../../lib/config/secrets.ts";
import type { SharedSettings } from "../../lib/config/settings.ts";
import { type Conversation, conversing } from "../../lib/effects/notify/conversation.ts";
import { ircSender } from "../../lib/effects/notify/irc.ts";
import { mailSender } from "../../lib/effects/notify/mail.ts";
import type { Sender } from "../../lib/effects/notify/sender.ts";
import { verdictOf } from "../../lib/effects/notify/verdict.ts";
import { Failure } from "../../lib/failure.ts";
import { isLoopback } from "../../lib/schema/address.ts";
import type { Secret, SecretSource } from "../../lib/schema/secret.ts";
import { bitbucket, bitbucketDc } from "./channels/bitbucket.ts";
import { type Forge, telling } from "./channels/forge.ts";
import { gitea } from "./channels/gitea.ts";
import { github } from "./channels/github.ts";
import { gitlab } from "./channels/gitlab.ts";
import { httpAsk } from "./channels/http.ts";
import { ircText } from "./channels/irc.ts";
import { letterOf } from "./channels/mail.ts";
import { matrixEvent } from "./channels/matrix.ts";
import { slackMessage } from "./channels/slack.ts";
import type { Notice } from "./notice.ts";
import { placeOf } from "./places.ts";
import type { Channel, ChannelOf, ForgeChannel } from "./settings.ts";

type Shared = Pick<SharedSettings, "state" | "repositories">;

/**
 * Opens a channel: reads its secrets, and answers with what sends notices to it.
 * @throws {Failure} CONFIG_INVALID where a secret cannot be read, or would cross the network in the open
 */
export function openChannel(name: string, channel: Channel, shared: Shared): Sender<Notice> {
  const what = `channel ${name}`;
  const secret = (source: SecretSource) => readSecret(source, what, shared);
  const maybe = (source: SecretSource | undefined) => (source === undefined ? undefined : secret(source));
  const file = (path: string | undefined) => (path === undefined ? undefined : resolve(shared.state, path));
  switch (channel.type) {
    case "slack": {
      const url = secret(channel.url);
      insistOnTls(url.reveal(), channel, what);
      return conversing(
        function* tell(notice) {
          return verdictOf(yield { url: url.reveal(), body: slackMessage(notice, channel) });
        },
        { deadline: channel.deadline, secrets: [url] },
      );
    }
    case "matrix":
      return openMatrix(channel, secret(channel.token), what);
    case "http": {
      const address = typeof channel.url === "string" ? undefined : secret(channel.url);
      const route = {
        url: address?.reveal() ?? (channel.url as string),
        token: maybe(channel.token),
        secret: maybe(channel.secret),
      };
      insistOnTls(route.url, channel, what);
      return conversing(
        function* tell(notice) {
          return verdictOf(yield httpAsk(notice, route, new Date()));
        },
        {
          deadline: channel.deadline,
          secrets: [address, route.token, route.secret].flatMap((each) => each ?? []),
        },
      );
    }
    case "mail": {
      const { host, port, tls, from, to, deadline, user, prefix } = channel;
      if (tls === "none") insistOnLocal(host, channel, what);
      const password = maybe(channel.password);
      const login = user === undefined || password === undefined ? undefined : { user, password };
      const sender = mailSender({ host, port, tls, ca: file(channel.ca), login, from, to, deadline });
      return { ...sender, send: (notice, signal) => sender.send(letterOf(notice, prefix), signal) };
    }
    case "irc": {
      const { sasl, tls, host } = channel;
      if (!tls) insistOnLocal(host, channel, what);
      const sender = ircSender({
        ...channel,
        ca: file(channel.ca),
        password: maybe(channel.password),
        sasl: sasl === undefined ? undefined : { user: sasl.user, password: secret(sasl.password) },
        nickserv: maybe(channel.nickserv),
      });
      return { ...sender, send: (notice, signal) => sender.send({ text: ircText(notice) }, signal) };
    }
    default:
      return openForge(channel, secret(channel.token), shared, what);
  }
}

function openMatrix(channel: ChannelOf<"matrix">, token: Secret, what: string): Sender<Notice> {
  insistOnTls(channel.url, channel, what);
  const room = `${channel.url.replace(/\/$/, "")}/_matrix/client/v3/rooms/${encodeURIComponent(channel.room)}`;
  return conversing(
    function* tell(notice): Conversation {
      return verdictOf(
        yield {
          method: "PUT",
          // The id of the transaction is that of the message: a repeat is known as one.
          url: `${room}/send/m.room.message/${encodeURIComponent(notice.id)}`,
          headers: { authorization: `Bearer ${token.reveal()}` },
          body: matrixEvent(notice),
        },
      );
    },
    { deadline: channel.deadline, secrets: [token] },
  );
}

function openForge(channel: ForgeChannel, token: Secret, shared: Shared, what: string): Sender<Notice> {
  insistOnTls(channel.url, channel, what);
  if ("api" in channel && channel.api !== undefined) insistOnTls(channel.api, channel, what);
  const place = (repository: string) => placeOf(channel, repository, shared.repositories);
  return conversing(telling(forgeOf(channel, token.reveal()), channel, place), {
    deadline: channel.deadline,
    secrets: [token],
  });
}

function forgeOf(channel: ForgeChannel, token: string): Forge {
  switch (channel.type) {
    case "github":
      return github(channel, token);
    case "gitlab":
      return gitlab(channel, token);
    case "gitea":
      return gitea(channel, token);
    case "bitbucket":
      return bitbucket(channel, token);
    case "bitbucket-dc":
      return bitbucketDc(channel, token);
  }
}

type Security = { readonly insecure: boolean };

function insistOnTls(url: string, security: Security, what: string): void {
  if (!URL.canParse(url) || !/^https?:/.test(url))
    throw new Failure("CONFIG_INVALID", `Cannot use ${what}: its address is none of https://`);
  const { protocol, hostname } = new URL(url);
  if (protocol === "http:") insistOnLocal(hostname.replace(/^\[|\]$/g, ""), security, what);
}

function insistOnLocal(host: string, { insecure }: Security, what: string): void {
  if (insecure || isLoopback(host)) return;
  throw new Failure(
    "CONFIG_INVALID",
    `Cannot use ${what}: without TLS all that is said to ${host}, its password too, can be read on the way. ` +
      "Say `insecure: true` where that does not matter",
  );
}
