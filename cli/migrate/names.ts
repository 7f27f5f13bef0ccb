import { repositoryName } from "../../lib/schema/names.ts";
import { type Draft, UNKNOWN_ORIGIN } from "./draft.ts";
import type { Node } from "./tree.ts";

const BLANKS = /\{\w+\}/;

/** A name for a checkout, an app or a job made of one of the older kit. */
export const plainName = (text: string): string =>
  text
    .toLowerCase()
    .replace(/[^a-z0-9_-]+/g, "-")
    .replace(/^[-_]+|[-_]+$/g, "")
    .slice(0, 60) || "unnamed";

/** What only a person can say of an app that no front end offered. */
export const hostsToSay = (app: readonly string[]): string =>
  `${app.join(".")}.hosts: say which hosts carry it; no older file did, so it is all of them`;

/** Names a repository; where it comes from may be said by another file. False where its name cannot be one. */
export function knowRepository(name: string, node: Node, draft: Draft, type?: "svn"): boolean {
  if (!repositoryName.safeParse(name).success) {
    draft.leave(node, "its name cannot be that of a repository in Skein, such as team/site");
    return false;
  }
  if (type !== undefined) draft.put(["repositories", name, "type"], type, node);
  if (draft.get(["repositories", name, "url"]) === undefined)
    draft.put(["repositories", name, "url"], `${UNKNOWN_ORIGIN}${name}`, node);
  return true;
}

/** Says where a type of message goes and is heard, in the older kit's form. */
export function takeTopic(type: string, usual: string, node: Node | undefined, draft: Draft): void {
  if (node === undefined) return;
  const destination = BLANKS.test(usual)
    ? node.text.replace(/[^.]+$/, BLANKS.exec(usual)?.[0] ?? "")
    : node.text;
  const override = { dialect: "deploykit", ...(destination === usual ? {} : { destination }) };
  draft.put(["topics", "overrides", type], override, node);
}

/** Where a daemon told people what it did. */
export const takeReportTopic = (root: Node, draft: Draft): void =>
  takeTopic("event.said", "/topic/future.events.{source}", root.entries.get("report-topic"), draft);

/** Where pushes are told of. */
export const takeCommitTopic = (node: Node | undefined, draft: Draft): void =>
  takeTopic("commit.pushed", "/topic/future.git.commits", node, draft);
