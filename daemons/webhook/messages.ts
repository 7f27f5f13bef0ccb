import { message, type Message } from "../../lib/messages/catalogue.ts";
import type { Commit } from "../../lib/messages/catalogue/commits.ts";
import { fitting } from "../../lib/messages/fitting.ts";
import { safeText } from "../../lib/safe-text.ts";
import {
  isNoRevision,
  refName,
  type RepositoryName,
  type Revision,
  revision,
} from "../../lib/schema/names.ts";
import type { Moved, Told, ToldCommit } from "./forge.ts";

/** What is said of a delivery, for a repository of ours: a message for each ref, and a line for each thing beside. */
export function messagesOf(told: Told, repository: RepositoryName, happened: Date): Message[] {
  const at = happened.toISOString();
  const pusher = told.pusher === undefined ? {} : { pusher: cut(told.pusher, 300) };
  const line = (text: string) =>
    message("event.said", {
      source: "webhook",
      text: cut(`[${repository}] ${safeText(text.trim())}`, 2_000),
      at,
    });
  const pushed = (moved: Moved): Message => {
    const ref = refName.safeParse(moved.ref);
    const [before, after] = [revision.safeParse(moved.before), revision.safeParse(moved.after)];
    const named = cut(safeText(moved.ref), 300);
    if (!ref.success)
      return line(`${named} is not announced: it ${ref.error.issues[0]?.message ?? "is no ref"}`);
    if (!before.success || !after.success)
      return line(
        `${named} is not announced: what it was or is ${(before.error ?? after.error)?.issues[0]?.message}`,
      );
    return message("commit.pushed", {
      repository,
      ref: ref.data,
      before: before.data,
      after: after.data,
      change: changeOf(moved, before.data, after.data),
      ...pusher,
      at,
      commits: fitting(moved.commits.flatMap((each) => commitOf(each, at) ?? [])),
      total: moved.total,
    });
  };
  return [...told.moved.map(pushed), ...told.said.map(line)];
}

function changeOf({ forced }: Moved, before: Revision, after: Revision) {
  if (isNoRevision(after)) return "deleted";
  if (isNoRevision(before)) return "created";
  return forced ? "forced" : "updated";
}

function commitOf({ id, author, at, message: said }: ToldCommit, pushed: string): Commit | undefined {
  const checked = revision.safeParse(id);
  if (!checked.success) return undefined;
  return {
    revision: checked.data,
    author: { name: cut(author.name, 300), email: cut(author.email, 300) },
    at: at?.toISOString() ?? pushed,
    message: cut(said.trimEnd(), 4_096),
  };
}

/** The beginning of a text, without half a character at its end. */
const cut = (text: string, most: number): string =>
  text.length <= most ? text : text.slice(0, most).replace(/[\ud800-\udbff]$/, "");
