import { type Answered, type Asked, json, only } from "../../lib/effects/http-server.ts";
import { isSameText } from "../../lib/security/same-text.ts";
import type { Secret } from "../../lib/schema/secret.ts";
import { type Notice, noticeIn } from "./notice.ts";
import type { Source } from "./settings.ts";

/** A source that is open: with its secret. */
export interface Entrance {
  readonly source: Source;
  readonly secret: Secret;
}

/** What comes in at the door: a notice, or the answer that refuses it. */
export type Came = { readonly from: string; readonly notice: Notice } | { readonly answer: Answered };

/**
 * Lets a notice in: `POST /NAME`, with the secret as the password of HTTP's basic authentication, or as `POST /NAME/SECRET` for
 * whoever can send nothing but an address.
 */
export function letIn(asked: Asked, entrances: ReadonlyMap<string, Entrance>): Came {
  const [, name = "", inPath] = /^\/([^/]+)(?:\/([^/]{1,200}))?$/.exec(asked.path) ?? [];
  const entrance = entrances.get(name);
  if (entrance === undefined) return refused(404, `there is no source ${name.slice(0, 64)}`);
  if (asked.method !== "POST") return { answer: { status: 405, headers: { allow: "POST" } } };
  if (!knows(asked, inPath, entrance.secret)) return refused(401, "the secret is missing, or another");
  const notice = noticeIn(entrance.source.server.type, asked.body);
  return notice === undefined
    ? refused(400, `is not what ${entrance.source.server.type} says of a build`)
    : { from: name, notice };
}

const refused = (status: number, error: string): Came => ({ answer: json(status, { error }) });

function knows(asked: Asked, inPath: string | undefined, secret: Secret): boolean {
  const [, basic = ""] = /^Basic ([A-Za-z0-9+/=]{1,1000})$/.exec(only(asked, "authorization") ?? "") ?? [];
  const password = Buffer.from(basic, "base64")
    .toString("utf8")
    .replace(/^[^:]*:/, "");
  const given = [password, decoded(inPath ?? "")];
  return given.map((each) => isSameText(each, secret.reveal())).includes(true);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return "";
  }
}
