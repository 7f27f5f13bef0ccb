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
  const shapes = secrets.flatMap(shapesOf).toSorted((one, other) => other.length - one.length);
  const bare = shapes.reduce((text, shape) => hidden(text, shape), outcome.reason);
  return { ...outcome, reason: bare.replace(/\b(https?:\/\/[^\s/]+)\/[^\s:]*/g, "$1/…") };
}

/** What a server said may have been cut in the middle of a secret: so much of its beginning gives it away. */
const BEGINNING = 12;

function hidden(text: string, shape: string): string {
  const whole = text.replaceAll(shape, "***");
  if (shape.length <= BEGINNING || shape.startsWith("http")) return whole;
  const [before = "", ...rest] = whole.split(shape.slice(0, BEGINNING));
  const shown = rest.map((after) => after.slice(commonLength(after, shape.slice(BEGINNING))));
  return [before, ...shown].join("***");
}

function commonLength(one: string, other: string): number {
  let length = 0;
  while (length < one.length && one[length] === other[length]) length += 1;
  return length;
}

/** Shorter parts of an address are words such as `services`, which tell nobody anything. */
const TELLING = 9;

/** How a secret may look in what a server says: it may throw back the path that it was asked for, or a part of it. */
function shapesOf(secret: Secret): string[] {
  const value = secret.reveal();
  const shapes = [value, encodeURIComponent(value)];
  if (!URL.canParse(value)) return shapes;
  const { pathname, search, searchParams } = new URL(value);
  const parts = [`${pathname}${search}`, pathname, ...pathname.split("/"), ...searchParams.values()];
  return [
    ...shapes,
    ...parts.flatMap((part) => [part, decoded(part)]).filter((part) => part.length >= TELLING),
  ];
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
