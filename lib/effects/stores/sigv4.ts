import { createHash, createHmac } from "node:crypto";

/** Whose request it is, and for which service of which region. */
export interface Signing {
  readonly accessKey: string;
  readonly secretKey: string;
  readonly region: string;
  readonly service: string;
  readonly now: Date;
}

interface Unsigned {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  /** SHA-256 of the body, in hexadecimal digits. */
  readonly payload: string;
}

const ALGORITHM = "AWS4-HMAC-SHA256";

/**
 * Signs a request in the way of Amazon's "Signature Version 4", and gives its headers. All of them are signed. As for S3:
 * the path is taken as it stands in the URL, where other services would encode it once more.
 */
export function signedHeaders(request: Unsigned, signing: Signing): Readonly<Record<string, string>> {
  const { accessKey, secretKey, region, service, now } = signing;
  const time = now.toISOString().replace(/[-:]|\.\d+/g, "");
  const day = time.slice(0, 8);
  const all: Record<string, string> = { host: request.url.host, "x-amz-date": time };
  for (const [name, value] of Object.entries(request.headers)) all[name.toLowerCase()] = value.trim();
  const names = Object.keys(all).sort();
  const canonical = [
    request.method,
    request.url.pathname,
    canonicalQuery(request.url),
    ...names.map((name) => `${name}:${all[name]}`),
    "",
    names.join(";"),
    request.payload,
  ].join("\n");
  const scope = [day, region, service, "aws4_request"];
  const toSign = [ALGORITHM, time, scope.join("/"), sha256(canonical)].join("\n");
  const key = scope.reduce((before: Buffer, each) => hmac(before, each), Buffer.from(`AWS4${secretKey}`));
  const signature = hmac(key, toSign).toString("hex");
  const authorization = `${ALGORITHM} Credential=${accessKey}/${scope.join("/")}, SignedHeaders=${names.join(";")}, Signature=${signature}`;
  return { ...all, authorization };
}

/** Percent-encodes all but the unreserved characters of RFC 3986 section 2.3. */
export const encoded = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (each) => `%${each.charCodeAt(0).toString(16).toUpperCase()}`);

const canonicalQuery = (url: URL): string =>
  [...url.searchParams]
    .map(([name, value]) => `${encoded(name)}=${encoded(value)}`)
    .sort()
    .join("&");

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

const hmac = (key: Buffer, text: string): Buffer => createHmac("sha256", key).update(text).digest();
