import { knowRepository } from "../names.ts";
import { has, type Kind, textAt } from "./kind.ts";

const FACT = /^(repo|sitedir|controldir|sitetype)_(.+)$/;

/** What gitagent knew of each repository on its host. */
export const gitagentFacts: Kind = {
  name: "the facts of gitagent",
  is: (root) => [...root.entries.keys()].some((key) => /^(repo|sitedir)_./.test(key)),
  take: (root, draft) => {
    for (const [key, node] of root.entries) {
      const [, what = "", repository = ""] = FACT.exec(key) ?? [];
      if (what === "repo" && knowRepository(repository, node, draft)) draft.origin(repository, node.text);
      if (what === "sitedir") draft.sitedir(repository, node);
      if (what === "controldir")
        draft.leave(
          node,
          "scripts are part of the repository in Skein: move pre-deploy.sh and post-deploy.sh there, to deploy/pre-deploy and deploy/post-deploy",
        );
      if (what === "sitetype")
        draft.leave(node, "it was only said in events; `environment` of the app may say it");
    }
  },
};

/** A site that bloatagent put together. */
export const bloatagentSite: Kind = {
  name: "a site of bloatagent",
  is: (root) => has(root, "site-root") || has(root, "deploy-root"),
  take: (root, draft) => {
    for (const [key, node] of root.entries) {
      if (key === "repo-list")
        draft.leave(
          node,
          "an app of Skein comes from one repository: bring them together in one, as submodules or in a build, and deploy that",
        );
      else if (key === "directorymap")
        draft.leave(node, "folders that outlive releases are `shared` of the app");
      else if (key === "controldir")
        draft.leave(node, "scripts are part of the repository in Skein, in deploy/");
      else draft.leave(node, "a site of several repositories has no counterpart in Skein");
    }
  },
};

/** What the front ends offered. */
export const frontSites: Kind = {
  name: "the sites of a front end",
  is: (root) =>
    root.entries.size > 0 && [...root.entries.values()].every((each) => has(each, "filter", "repo")),
  take: (root, draft) => {
    for (const [name, node] of root.entries) {
      if (textAt(node, "repo_type") === "svn") draft.leave(node, "apps are deployed from git");
      else if (knowRepository(textAt(node, "repo"), node, draft)) draft.sites.set(name, node);
    }
  },
};

/** What Puppet knew. */
export const hiera: Kind = {
  name: "gitconfigure of hiera",
  is: (root) => has(root, "gitconfigure"),
  take: (root, draft) => {
    for (const node of root.entries.get("gitconfigure")?.entries.values() ?? []) {
      const repository = textAt(node, "repo");
      const [origin, target, tag, repo, site] = ["origin", "target", "base_tag", "repo", "site"].map((key) =>
        node.entries.get(key),
      );
      if (repo === undefined || origin === undefined) {
        draft.leave(node, "it does not say which repository it is, or where that comes from");
        continue;
      }
      const path = ["repositories", repository];
      draft.settle([...path, "url"], origin.text, origin);
      draft.take(repo, path);
      if (target !== undefined) draft.sitedir(repository, target);
      if (tag !== undefined) draft.leave(tag, "nothing is deployed by itself: skein deploy APP TAG");
      if (site !== undefined) draft.leave(site, "the app is named after the repository");
    }
  },
};
