import { createHash } from "node:crypto";
import { Failure } from "../../failure.ts";
import type { Secret } from "../../schema/secret.ts";
import { type TransferRequest, transfer, type Transferred } from "../transfer.ts";
import type { Given, Objects } from "./objects.ts";
import { encoded, signedHeaders } from "./sigv4.ts";
import { opened, refusal } from "./web.ts";

/** A bucket, and how it is spoken to. */
export interface Bucket {
  /** Its server, without a slash at the end. */
  readonly endpoint: string;
  readonly bucket: string;
  readonly region: string;
  readonly style: "path" | "host";
  readonly encryption: "none" | "AES256";
  readonly accessKey: Secret;
  readonly secretKey: Secret;
}

type Ask = Omit<TransferRequest, "headers"> & {
  readonly key?: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  /** SHA-256 of the body. */
  readonly payload?: string;
};

/** Amazon lets one request carry so much. */
const MOST_BYTES = 5 * 1024 ** 3;
const EMPTY = createHash("sha256").digest("hex");
/** A part of a list holds a thousand names. */
const MOST_LIST = 8 * 1024 * 1024;
const MOST_PARTS = 1_000;

/** Artifacts in a bucket of Amazon S3, or of a server that speaks its protocol. */
export function s3Objects(bucket: Bucket): Objects {
  const place = `${bucket.bucket} of ${bucket.endpoint}`;
  const ask = (asked: Ask) => askBucket(bucket, asked);
  const insist = async (asked: Ask, fine: readonly number[]): Promise<Transferred> => {
    const answer = await ask(asked);
    if (fine.includes(answer.status)) return answer;
    throw refusal(place, answer.status, reasonIn(answer));
  };
  const encryption: Record<string, string> =
    bucket.encryption === "AES256" ? { "x-amz-server-side-encryption": "AES256" } : {};
  const put = async (key: string, asked: Partial<Ask>) => {
    const answer = await ask({ method: "PUT", key, ...asked, headers: { ...asked.headers, ...encryption } });
    if (answer.status === 200) return true;
    // Somebody else was first.
    if (answer.status === 412 || answer.status === 409) return false;
    throw refusal(place, answer.status, reasonIn(answer));
  };
  return {
    place,
    list: (folder) => list(folder === "" ? "" : `${folder}/`, insist),
    open: async (key, from = 0) => {
      const headers: Record<string, string> = from > 0 ? { range: `bytes=${from}-` } : {};
      const answer = await insist({ method: "GET", key, headers }, [200, 206, 404, 416]);
      // Otherwise a wrong name of the bucket would look as if nothing had been put yet.
      if (answer.said.includes("NoSuchBucket")) throw refusal(place, answer.status, reasonIn(answer));
      return opened(answer, place, from);
    },
    add: async (key, file) => {
      requireFitting(file);
      const { status } = await insist({ method: "HEAD", key }, [200, 404]);
      if (status === 200) return false;
      // Servers that know it refuse the second of two who add at once; to others it means nothing.
      const headers = { "content-length": String(file.size), "if-none-match": "*" };
      return put(key, { body: { path: file.path }, payload: file.sha256, headers });
    },
    replace: async (key, text) => {
      const payload = createHash("sha256").update(text).digest("hex");
      await put(key, { body: text, payload, headers: { "content-length": String(Buffer.byteLength(text)) } });
    },
    remove: async (key) => {
      await insist({ method: "DELETE", key }, [200, 204, 404]);
    },
  };
}

function requireFitting({ path, size }: Given): void {
  if (size > MOST_BYTES)
    throw new Failure(
      "STORE_REFUSED",
      `Cannot put ${path}: it has ${size} bytes, and S3 takes ${MOST_BYTES} at once`,
    );
}

async function askBucket(bucket: Bucket, asked: Ask): Promise<Transferred> {
  const { key = "", query = {}, headers = {}, payload = EMPTY, ...rest } = asked;
  const url = addressIn(bucket, key, query);
  const signing = {
    accessKey: bucket.accessKey.reveal(),
    secretKey: bucket.secretKey.reveal(),
    region: bucket.region,
    service: "s3",
    now: new Date(),
  };
  const all = { ...headers, "x-amz-content-sha256": payload };
  return transfer(url, {
    ...rest,
    headers: signedHeaders({ method: asked.method, url, headers: all, payload }, signing),
  });
}

/** The address of an object: its bucket is named in the path, or before the host. */
export function addressIn(
  { endpoint, bucket, style }: Pick<Bucket, "endpoint" | "bucket" | "style">,
  key: string,
  query: Readonly<Record<string, string>> = {},
): URL {
  const url = new URL(endpoint);
  const base = url.pathname.replace(/\/$/, "");
  const path = key.split("/").map(encoded).join("/");
  if (style === "host") url.host = `${bucket}.${url.host}`;
  url.pathname = style === "host" ? `${base}/${path}` : `${base}/${bucket}/${path}`;
  url.search = Object.entries(query)
    .map(([name, value]) => `${encoded(name)}=${encoded(value)}`)
    .join("&");
  return url;
}

/** What lies right in a folder. A long list comes in parts. */
async function list(prefix: string, insist: (asked: Ask, fine: readonly number[]) => Promise<Transferred>) {
  const folders: string[] = [];
  const objects: string[] = [];
  let after: string | undefined;
  for (let part = 0; part < MOST_PARTS; part += 1) {
    const more: Record<string, string> = after === undefined ? {} : { "continuation-token": after };
    const query = { "list-type": "2", delimiter: "/", prefix, ...more };
    const text = await textOf(await insist({ method: "GET", query }, [200]));
    const within = (found: readonly string[]) =>
      found
        .filter((each) => each.startsWith(prefix))
        .map((each) => each.slice(prefix.length).replace(/\/$/, ""));
    const shared = elements(text, "CommonPrefixes").flatMap((each) => elements(each, "Prefix"));
    folders.push(...within(shared));
    objects.push(
      ...within(elements(text, "Contents").flatMap((each) => elements(each, "Key"))).filter(Boolean),
    );
    [after] = elements(text, "NextContinuationToken");
    if (after === undefined || elements(text, "IsTruncated")[0] !== "true") break;
  }
  return { folders, objects };
}

/** The contents of all elements of a name. The names of artifacts hold nothing that XML would write otherwise, but for tokens. */
const elements = (xml: string, name: string): readonly string[] =>
  [...xml.matchAll(new RegExp(`<${name}>([^]*?)</${name}>`, "g"))].map(([, text = ""]) =>
    text.replace(/&(amp|lt|gt|quot|apos);/g, (_entity, which: string) => ENTITIES[which] ?? ""),
  );

const ENTITIES: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

/** What a server says of why not. */
function reasonIn({ said }: Transferred): string {
  const words = ["Code", "Message"].flatMap((name) => elements(said, name).slice(0, 1));
  return words.length === 0 ? "" : `: ${words.join(", ").slice(0, 300)}`;
}

async function textOf({ bytes }: Transferred): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of bytes) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > MOST_LIST) break;
  }
  return Buffer.concat(chunks).toString("utf8");
}
