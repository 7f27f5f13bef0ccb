import { fileURLToPath } from "node:url";
import type { Http } from "../../lib/effects/http.ts";
import { withPlainFile } from "../../lib/effects/plain-file.ts";
import { Failure } from "../../lib/failure.ts";

/** What stands at a place of an archive. */
export interface Found {
  readonly body: Buffer;
  /** What tells it from what stood there before. */
  readonly tag: string | undefined;
}

/** Reads from an archive: "same" where it is still what `tag` tells of. */
export type Read = (
  path: string,
  options: { readonly most: number; readonly deadline: number; readonly tag?: string | undefined },
) => Promise<Found | "same" | "missing">;

/** Reads an archive at an address: http, https, or a folder of this machine. */
export const readerOf = (url: string, http: Http): Read =>
  url.startsWith("file:") ? fromFolder(fileURLToPath(url)) : overHttp(url, http);

const fromFolder =
  (folder: string): Read =>
  (path, { most, tag }) =>
    withPlainFile(`${folder}/${path}`, async (file) => {
      if (file === undefined) return "missing";
      if (file.tag === tag) return "same";
      if (file.size > most) throw unreadable(`${folder}/${path}`, `it is larger than ${most} bytes`);
      return { body: await file.read(), tag: file.tag };
    });

const overHttp =
  (url: string, http: Http): Read =>
  async (path, { most, deadline, tag }) => {
    const place = `${url}/${path}`;
    const { status, headers, body, cut } = await http(place, {
      deadline,
      most,
      headers: { "user-agent": "skein", ...conditionOf(tag) },
    });
    if (status === 304) return "same";
    if (status === 404) return "missing";
    if (status >= 300 && status < 400)
      throw unreadable(
        place,
        `it is said to be at ${headers["location"] ?? "another place"}: name that address`,
      );
    if (status !== 200) throw unreadable(place, `the server answers ${status}`);
    if (cut) throw unreadable(place, `it is larger than ${most} bytes`);
    return { body, tag: headers["etag"] ?? headers["last-modified"] };
  };

/** An ETag is quoted; anything else is a date. */
function conditionOf(tag: string | undefined): Record<string, string> {
  if (tag === undefined) return {};
  return /^(W\/)?"/.test(tag) ? { "if-none-match": tag } : { "if-modified-since": tag };
}

const unreadable = (place: string, why: string): Failure =>
  new Failure("ARCHIVE_UNREACHABLE", `Cannot read ${place}: ${why}`, { transient: true });
