import { createHmac, timingSafeEqual } from "node:crypto";
import { type Asked, only } from "../../lib/effects/http-server.ts";
import type { Secret } from "../../lib/schema/secret.ts";
import { isSameText } from "../../lib/security/same-text.ts";
import type { Verify } from "./forge.ts";

/** What a signing token of Standard Webhooks begins with: the rest is its key, in base64. */
const SIGNING = "whsec_";
/** How far a signed time may be from ours, in milliseconds. */
const TOLERANCE = 300_000;
/** How many signatures one header may hold. */
const MOST_SIGNATURES = 10;

/** Signed by HMAC-SHA256 over the bytes as they came: in hexadecimal, in the first of these headers that is there. */
export const hmacIn =
  (headers: readonly string[], prefix = ""): Verify =>
  (asked, secrets) => {
    const header = headers.find((each) => asked.headers[each] !== undefined) ?? headers[0] ?? "";
    const given = oneOf(asked, header);
    if (typeof given !== "string") return given.why;
    const digits = given.startsWith(prefix) ? given.slice(prefix.length) : "";
    const fits =
      /^[0-9a-f]{64}$/.test(digits) &&
      oneFits(secrets, (secret) =>
        same(Buffer.from(digits, "hex"), hmac(Buffer.from(secret.reveal()), asked.body)),
      );
    return fits ? undefined : `its ${header} does not fit: is the secret the same on both sides?`;
  };

/** GitLab's two ways: a signing token, by which each delivery is signed, or the secret itself, which comes with it. */
export const ofGitlab: Verify = (asked, secrets, now) => {
  const signing = secrets.filter(isSigning);
  const tokens = secrets.filter((secret) => !isSigning(secret));
  // Who signs is held to it: a wrong signature is not made good by a token.
  const signed = asked.headers["webhook-signature"] !== undefined || tokens.length === 0;
  return signing.length > 0 && signed ? ofStandard(asked, signing, now) : tokenIn(asked, tokens);
};

/** Whether a secret is a signing token of Standard Webhooks. */
export const isSigning = (secret: Secret): boolean => secret.reveal().startsWith(SIGNING);

/** The key in a signing token. */
export const keyOf = (secret: Secret): Buffer => Buffer.from(secret.reveal().slice(SIGNING.length), "base64");

/** Standard Webhooks: `v1,BASE64` of the HMAC over id, time and bytes, several of them with blanks between. */
const ofStandard: Verify = (asked, secrets, now) => {
  const [id, time, signatures] = ["webhook-id", "webhook-timestamp", "webhook-signature"].map((header) =>
    oneOf(asked, header),
  ) as [string | Missing, string | Missing, string | Missing];
  if (typeof id !== "string") return id.why;
  if (typeof time !== "string") return time.why;
  if (typeof signatures !== "string") return signatures.why;
  const off = Math.abs(Number(time) * 1_000 - now.getTime());
  if (!/^\d{1,12}$/.test(time) || off > TOLERANCE)
    return "its webhook-timestamp is more than five minutes from our clock: it was sent again, or a clock is wrong";
  const signed = Buffer.concat([Buffer.from(`${id}.${time}.`), asked.body]);
  const given = signatures.split(" ").slice(0, MOST_SIGNATURES).map(digestIn);
  const fits = oneFits(secrets, (secret) => {
    const expected = hmac(keyOf(secret), signed);
    return given.some((each) => same(each, expected));
  });
  return fits
    ? undefined
    : "its webhook-signature does not fit: is the signing token the same on both sides?";
};

const tokenIn = (asked: Asked, secrets: readonly Secret[]): string | undefined => {
  const given = oneOf(asked, "x-gitlab-token");
  if (typeof given !== "string") return given.why;
  const fits = oneFits(secrets, (secret) => isSameText(given, secret.reveal()));
  return fits ? undefined : "its x-gitlab-token does not fit: is the secret the same on both sides?";
};

interface Missing {
  readonly why: string;
}

/** The value of a header that must be there once. */
function oneOf(asked: Asked, header: string): string | Missing {
  const given = only(asked, header);
  if (given !== undefined) return given;
  return asked.headers[header] === undefined
    ? { why: `it has no ${header}: the forge must be given the secret` }
    : { why: `it has ${header} more than once` };
}

/** Whether one of the secrets fits. All are tried, so that the time it takes does not tell which. */
const oneFits = (secrets: readonly Secret[], fits: (secret: Secret) => boolean): boolean =>
  secrets.filter(fits).length > 0;

const same = (given: Uint8Array, expected: Uint8Array): boolean =>
  given.length === expected.length && timingSafeEqual(given, expected);

const digestIn = (signature: string): Buffer =>
  Buffer.from(/^v1,([A-Za-z0-9+/]{43}=)$/.exec(signature)?.[1] ?? "", "base64");

const hmac = (key: Uint8Array, bytes: Uint8Array): Buffer => createHmac("sha256", key).update(bytes).digest();
