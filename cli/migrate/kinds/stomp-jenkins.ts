import type { Draft } from "../draft.ts";
import { globsOf } from "../globs.ts";
import { knowRepository, plainName, takeCommitTopic, takeReportTopic } from "../names.ts";
import type { Node } from "../tree.ts";
import { has, type Kind } from "./kind.ts";

const SERVER = "jenkins";

/** What asked Jenkins for builds. */
export const stompJenkins: Kind = {
  name: "stomp-jenkins",
  is: (root) => has(root, "jenkins-url") || has(root, "jenkins-projects"),
  take: (root, draft) => {
    takeCommitTopic(root.entries.get("listen-topic"), draft);
    takeReportTopic(root, draft);
    const url = root.entries.get("jenkins-url");
    const insecure = url?.text.startsWith("http://") === true ? { insecure: true } : {};
    const server = { type: "jenkins", url: url?.text ?? "", ...insecure };
    if (url !== undefined) draft.put(["ci-trigger", "servers", SERVER], server, url);
    for (const [repository, node] of root.entries.get("jenkins-projects")?.entries ?? []) {
      if (url === undefined) draft.leave(node, "no jenkins-url says where its Jenkins is");
      else takeRepository(repository, node, draft);
    }
  },
};

function takeRepository(repository: string, node: Node, draft: Draft): void {
  const isJob = [...node.entries.values()].every(({ entries }) => entries.size === 0);
  if (isJob) {
    if (knowRepository(repository, node, draft)) takeJob({ repository }, node, draft);
    return;
  }
  if (!knowRepository(repository, node, draft, "svn")) return;
  for (const [project, each] of node.entries) takeJob({ repository, project }, each, draft);
}

interface Of {
  readonly repository: string;
  readonly project?: string;
}

function takeJob(of: Of, node: Node, draft: Draft): void {
  const [project, ticket, ignored] = ["project", "ticket", "ignore_refs"].map((key) => node.entries.get(key));
  const name = plainName([of.repository, of.project ?? ""].join("-"));
  const path = ["ci-trigger", "jobs", name];
  if (project === undefined) {
    draft.leave(node, "no project says which job of Jenkins it is");
    return;
  }
  const globs = globsOf(ignored?.text ?? "");
  const token = ticket === undefined ? {} : { token: draft.secret(`jenkins-${name}`, ticket.text) };
  const refs = globs === undefined || globs.length === 0 ? {} : { refs: ["*"], "ignore-refs": globs };
  const job = { ...of, server: SERVER, job: jobOf(project.text), ...token, ...refs };
  // What is left of the repository's own lines belongs to this job.
  if (!draft.put(path, job, project)) {
    draft.leave(node, `another job is called ${name}`);
    return;
  }
  if (ticket !== undefined) draft.take(ticket, [...path, "token"]);
  if (ignored !== undefined && globs !== undefined) draft.take(ignored, [...path, "ignore-refs"]);
  if (ignored !== undefined && globs === undefined)
    draft.retract(
      ignored,
      "patterns cannot say this expression: every branch is built until you write ignore-refs",
    );
}

/** Job names were written for an address: `name%20with%20spaces`. */
function jobOf(project: string): string {
  try {
    return decodeURIComponent(project).replaceAll("/job/", "/");
  } catch {
    return project;
  }
}
