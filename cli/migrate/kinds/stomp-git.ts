import type { Draft } from "../draft.ts";
import { knowRepository, plainName, takeCommitTopic, takeReportTopic, takeTopic } from "../names.ts";
import type { Node } from "../tree.ts";
import { has, type Kind, textAt } from "./kind.ts";

/** What kept clones and work trees fresh: 3.4, 3.17 and 3.20. */
export const stompGit: Kind = {
  name: "stomp-git",
  is: (root) => has(root, "repo-list", "listen-topic"),
  take: (root, draft) => {
    takeReportTopic(root, draft);
    const topic = root.entries.get("listen-topic");
    const afterBuild = topic?.text.endsWith(".success") === true;
    if (afterBuild) takeTopic("build.finished", "/topic/future.jenkins.{result}", topic, draft);
    else takeCommitTopic(topic, draft);
    for (const key of ["log-file", "fluent-name"]) {
      const node = root.entries.get(key);
      if (node !== undefined) draft.leave(node, "Skein logs to standard error, which systemd keeps");
    }
    for (const [name, node] of root.entries.get("repo-list")?.entries ?? [])
      takeEntry(name, node, afterBuild, draft);
  },
};

function takeEntry(name: string, node: Node, afterBuild: boolean, draft: Draft): void {
  if (!knowRepository(name, node, draft)) return;
  const clone = textAt(node, "repo");
  draft.origin(name, clone);
  const mode = textAt(node, "mode") || "normal";
  if (mode === "normal") {
    for (const [key, each] of node.entries)
      if (key === "mode")
        draft.take(each, ["repositories", name, "url"], "nothing: every repository is mirrored");
      else draft.retract(each, UNUSED[key] ?? "nothing is checked out in the mode normal");
    return;
  }
  const path = ["repo-updater", "checkouts", plainName(name)];
  const branch = branchOf(mode, textAt(node, "branch"));
  const target =
    { dangerous: clone, atomic: `${textAt(node, "target")}_${branch}` }[mode] ?? textAt(node, "target");
  const user = textAt(node, "user");
  const checkout = {
    repository: name,
    mode,
    target,
    ...(branch === "" ? {} : { branch }),
    ...(afterBuild ? { on: "build" } : {}),
    ...(user === "" || user === "root" ? {} : { user }),
  };
  const said = node.entries.get("mode") ?? node;
  if (!draft.put(path, checkout, said)) {
    draft.leave(node, `another checkout is called ${plainName(name)}`);
    return;
  }
  if (mode !== "dangerous")
    draft.toComplete.add(
      `${path.join(".")}.target: move what stomp-git put into ${target} away first, for Skein begins in a folder that is missing or empty`,
    );
  for (const key of ["target", "branch", "user", ...(mode === "dangerous" ? ["repo"] : [])]) {
    const each = node.entries.get(key);
    if (each !== undefined && key in { ...checkout, repo: clone })
      draft.take(each, [...path, key === "repo" ? "target" : key]);
    else if (each !== undefined) draft.retract(each, UNUSED[key] ?? `the mode ${mode} has no ${key}`);
  }
  const repo = node.entries.get("repo");
  if (repo !== undefined && mode !== "dangerous") draft.retract(repo, UNUSED["repo"] ?? "");
}

const UNUSED: Readonly<Record<string, string>> = {
  repo: "Skein keeps mirrors of its own, in its state folder: this clone is not needed any more",
  user: "the mirror belongs to the user of the daemon",
};

/** The older kit's trusting and dangerous modes knew no other branch. */
function branchOf(mode: string, branch: string): string {
  if (mode === "puppetmaster" || mode === "tags") return "";
  return branch === "" ? "master" : branch;
}
