import { createHmac } from "node:crypto";
import type { Ask } from "../../../lib/effects/notify/conversation.ts";
import type { Secret } from "../../../lib/schema/secret.ts";
import type { Notice } from "../notice.ts";

/** How an HTTP channel is asked: where, and what shows that it is us. */
export interface HttpRoute {
  readonly url: string;
  readonly token?: Secret | undefined;
  readonly secret?: Secret | undefined;
}

/**
 * A notice as a request: the text, what it is about, and the whole message. With a key it is signed as Standard Webhooks 1.0
 * says, over `ID.TIMESTAMP.BODY`; the id is that of the message, so that a repeat is known as one.
 */
export function httpAsk(
  { id, type, time, text, tone, about, event }: Notice,
  { url, token, secret }: HttpRoute,
  now: Date,
): Ask {
  const body = JSON.stringify({
    id,
    type,
    time,
    text,
    tone,
    about,
    ...(event === undefined ? {} : { event }),
  });
  const timestamp = String(Math.floor(now.getTime() / 1_000));
  const name = id.replace(/[^\x21-\x7e]/g, "_");
  return {
    url,
    headers: {
      "webhook-id": name,
      "webhook-timestamp": timestamp,
      ...(token === undefined ? {} : { authorization: `Bearer ${token.reveal()}` }),
      ...(secret === undefined
        ? {}
        : { "webhook-signature": `v1,${signed(`${name}.${timestamp}.${body}`, secret.reveal())}` }),
    },
    body,
  };
}

/** A key that begins with `whsec_` is base64, as Standard Webhooks writes it; any other is taken as it is. */
function signed(text: string, key: string): string {
  const bytes = key.startsWith("whsec_") ? Buffer.from(key.slice(6), "base64") : Buffer.from(key);
  return createHmac("sha256", bytes).update(text).digest("base64");
}
