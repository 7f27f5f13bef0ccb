import { passwordHash } from "../../../lib/schema/logins.ts";
import type { Draft } from "../draft.ts";
import { takeReportTopic, takeTopic } from "../names.ts";
import type { Node } from "../tree.ts";
import { has, type Kind, textAt } from "./kind.ts";

/** What let people in at sites for a fortnight. */
export const stompAccess: Kind = {
  name: "stomp-access",
  is: (root) => has(root, "sites", "listen-topic"),
  take: (root, draft, { olderAccess }) => {
    takeReportTopic(root, draft);
    const topic = root.entries.get("listen-topic");
    if (olderAccess) takeTopic("access.asked", "/topic/future.access.stage", topic, draft);
    else if (topic !== undefined)
      draft.leave(
        topic,
        "passwords went over it in clear: use `skein access grant`, or migrate with --older-access",
      );
    const names = [...(root.entries.get("sites")?.entries ?? [])].filter(([name, node]) =>
      takeSite(name, node, draft),
    );
    if (!olderAccess || names.length === 0 || topic === undefined) return;
    draft.replace(["access", "older-kit"], true);
    const former = draft.get(["access", "older-kit-sites"]);
    draft.replace(
      ["access", "older-kit-sites"],
      [...new Set([...(Array.isArray(former) ? (former as string[]) : []), ...names.map(([name]) => name)])],
    );
  },
};

function takeSite(name: string, node: Node, draft: Draft): boolean {
  const path = ["access", "sites", name];
  const file = node.entries.get("file");
  if (file === undefined || !draft.put(path, { type: textAt(node, "type"), file: file.text }, file))
    return false;
  for (const key of ["file", "type"]) {
    const each = node.entries.get(key);
    if (each !== undefined) draft.take(each, [...path, key]);
  }
  const users = node.entries.get("users");
  if (users !== undefined)
    draft.leave(
      users,
      "Skein keeps logins in its state folder: give that file to migrate, too, to see who is in it",
    );
  draft.toComplete.add(
    `access.sites.${name}.file: take the older file away first, for Skein replaces only what it wrote`,
  );
  return true;
}

/** Who may log in, as stomp-access kept it. */
export const accessUsers: Kind = {
  name: "the users of stomp-access",
  is: (root) =>
    root.entries.size > 0 && [...root.entries.values()].every((each) => has(each, "expiry", "password")),
  take: (root, draft) => {
    for (const [user, node] of root.entries) {
      const usable = passwordHash.safeParse(textAt(node, "password")).success;
      const why = usable
        ? "logins are signed in Skein"
        : "its hash is none that a server of today should take";
      draft.leave(node, `${why}: grant it anew, with skein access grant SITE ${user}`);
    }
  },
};
