import { createHmac } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ForgeName } from "../../../daemons/webhook/forges.ts";
import type { Asked } from "../../../lib/effects/http-server.ts";

export const SECRET = "a secret that is long enough";
const SIGNING_KEY = Buffer.alloc(32, 7);
export const SIGNING = `whsec_${SIGNING_KEY.toString("base64")}`;

/** What goes out to the daemon, as a forge writes it. */
export interface Sent {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

interface Sending {
  readonly event?: string;
  readonly secret?: string;
  readonly delivery?: string;
  readonly path?: string;
  /** As a form, with the payload in a field. */
  readonly form?: boolean;
}

const hex = (secret: string, body: Buffer) => createHmac("sha256", secret).update(body).digest("hex");

let deliveries = 0;
const aDelivery = (): string => `delivery-${(deliveries += 1)}`;

/** How each forge says what it sends, and signs it. */
const HEADERS: Readonly<
  Record<ForgeName, (event: string, delivery: string, body: Buffer, secret: string) => Record<string, string>>
> = {
  github: (event, delivery, body, secret) => ({
    "x-github-event": event,
    "x-github-delivery": delivery,
    "x-hub-signature": "sha1=0000000000000000000000000000000000000000",
    "x-hub-signature-256": `sha256=${hex(secret, body)}`,
  }),
  gitlab: (event, delivery, _body, secret) => ({
    "x-gitlab-event": event,
    "idempotency-key": delivery,
    "x-gitlab-event-uuid": `${delivery}-event`,
    "x-gitlab-token": secret,
  }),
  gitea: (event, delivery, body, secret) => ({
    "x-gitea-event": event,
    "x-gogs-event": event,
    "x-github-event": event,
    "x-gitea-delivery": delivery,
    "x-gogs-delivery": delivery,
    "x-github-delivery": delivery,
    "x-gitea-signature": hex(secret, body),
    "x-gogs-signature": hex(secret, body),
    "x-hub-signature": "sha1=0000000000000000000000000000000000000000",
    "x-hub-signature-256": `sha256=${hex(secret, body)}`,
  }),
  bitbucket: (event, delivery, body, secret) => ({
    "x-event-key": event,
    "x-request-uuid": delivery,
    "x-hook-uuid": "the-hook",
    "x-attempt-number": "1",
    "x-hub-signature": `sha256=${hex(secret, body)}`,
  }),
  "bitbucket-dc": (event, delivery, body, secret) => ({
    "x-event-key": event,
    "x-request-id": delivery,
    "x-hub-signature": `sha256=${hex(secret, body)}`,
  }),
};

const EVENTS: Readonly<Record<ForgeName, string>> = {
  github: "push",
  gitlab: "Push Hook",
  gitea: "push",
  bitbucket: "repo:push",
  "bitbucket-dc": "repo:refs_changed",
};

/** What a forge sends, signed; the payload may be bytes that are no JSON. */
export function sent(
  forge: ForgeName,
  payload: unknown,
  {
    event = EVENTS[forge],
    secret = SECRET,
    delivery = aDelivery(),
    path = `/${forge}`,
    form = false,
  }: Sending = {},
): Sent {
  const json = Buffer.isBuffer(payload) ? payload.toString("latin1") : JSON.stringify(payload);
  const body = Buffer.from(
    form ? new URLSearchParams({ payload: json }).toString() : json,
    Buffer.isBuffer(payload) ? "latin1" : "utf8",
  );
  return {
    path,
    headers: {
      "content-type": form ? "application/x-www-form-urlencoded" : "application/json; charset=utf-8",
      ...HEADERS[forge](event, delivery, body, secret),
    },
    body,
  };
}

/** What GitLab sends where it has a signing token. */
export function signedByGitlab(
  payload: unknown,
  { at = new Date(), key = SIGNING_KEY, delivery = aDelivery() } = {},
): Sent {
  const { path, headers, body } = sent("gitlab", payload, { delivery, secret: "" });
  const { "x-gitlab-token": _none, ...others } = headers;
  const time = `${Math.floor(at.getTime() / 1_000)}`;
  const digest = createHmac("sha256", key).update(`${delivery}.${time}.`).update(body).digest("base64");
  const signature = {
    "webhook-id": delivery,
    "webhook-timestamp": time,
    "webhook-signature": `v1,${digest}`,
  };
  return { path, headers: { ...others, ...signature }, body };
}

/** The same, as the daemon is asked. */
export const askedBy = ({ path, headers, body }: Sent): Partial<Asked> => ({
  path,
  headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]])),
  body,
});

/** Writes a secret to a file that only its owner may read, and says where it is. */
export function secretIn(folder: string, value = SECRET, name = "secret"): { readonly file: string } {
  const file = join(folder, name);
  writeFileSync(file, `${value}\n`, { mode: 0o600 });
  return { file };
}
