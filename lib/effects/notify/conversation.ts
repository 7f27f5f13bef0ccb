import { reasonOf } from "../../failure.ts";
import type { Secret } from "../../schema/secret.ts";
import { http as overNetwork, type Http, type HttpAnswer, type HttpRequest } from "../http.ts";
import { failed, type Outcome, type Sender } from "./sender.ts";

/** One request of a conversation. */
export interface Ask extends Pick<HttpRequest, "method" | "headers"> {
  readonly url: string;
  /** Sent as JSON, unless it is text already. */
  readonly body?: unknown;
}

/** What is asked of a server, one thing after the other, each with a view to the answers so far; at last, what came of it. */
export type Conversation = Generator<Ask, Outcome, HttpAnswer>;

interface Circumstances {
  /** Milliseconds for each request. */
  readonly deadline: number;
  /** What must not be seen in any reason. */
  readonly secrets: readonly Secret[];
  readonly http?: Http;
}

/** A sender that holds a conversation over HTTP for each notice. */
export function conversing<Notice>(
  talk: (notice: Notice) => Conversation,
  { deadline, secrets, http = overNetwork }: Circumstances,
): Sender<Notice> {
  const ask = ({ url, body, headers = {}, method = "POST" }: Ask, signal: AbortSignal): Promise<HttpAnswer> =>
    http(url, {
      method,
      headers: {
        "user-agent": "skein",
        accept: "application/json",
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
      deadline,
      signal,
    });
  return {
    send: async (notice, signal) => {
      try {
        const conversation = talk(notice);
        let turn = conversation.next();
        while (turn.done !== true) turn = conversation.next(await ask(turn.value, signal));
        return hiding(turn.value, secrets);
      } catch (error) {
        return hiding(failed(reasonOf(error)), secrets);
      }
    },
    close: () => undefined,
  };
}

/** Of an address in a reason only its server is shown: the rest of a webhook's is as good as a password. */
function hiding(outcome: Outcome, secrets: readonly Secret[]): Outcome {
  if (outcome.kind === "sent") return outcome;
  const bare = secrets.reduce((text, secret) => text.replaceAll(secret.reveal(), "***"), outcome.reason);
  return { ...outcome, reason: bare.replace(/\b(https?:\/\/[^\s/]+)\/[^\s:]*/g, "$1/…") };
}
