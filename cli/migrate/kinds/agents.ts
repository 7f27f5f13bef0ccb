import type { Draft } from "../draft.ts";
import { hostsToSay, knowRepository, plainName } from "../names.ts";
import type { Node } from "../tree.ts";
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
    const [site, deploys, user, list, map] = SITE_KEYS.map((key) => root.entries.get(key));
    const name = plainName(/([^/]*?)(\.ya?ml)?$/.exec(root.file)?.[1] ?? "");
    const path = ["apps", name];
    const parts = partsIn(list, textAt(root, "repo-root"), [...path, "parts"], draft);
    const userData = (map?.items ?? []).map((each) => ({
      source: below(user?.text ?? "", textAt(each, "source")),
      at: trimmed(textAt(each, "target")),
    }));
    const app = {
      driver: "site",
      root: deploys?.text ?? `/srv/${name}`,
      parts,
      ...(userData.length > 0 && { "user-data": userData }),
    };
    const origin = deploys ?? site;
    if (origin === undefined || !draft.put(path, app, origin)) return;
    draft.take(origin, [...path, "root"]);
    for (const each of [map, user]) if (each !== undefined) draft.take(each, [...path, "user-data"]);
    for (const [key, why] of Object.entries(LEFT_OF_SITES)) {
      const node = root.entries.get(key);
      if (node !== undefined && node !== origin) draft.leave(node, why);
    }
    draft.toComplete.add(
      `${path.join(".")}.root: Skein makes releases/ and current in it: let the web server serve ROOT/current, in the place of ${site?.text ?? "the tree of links"}`,
    );
    draft.toComplete.add(hostsToSay(path));
  },
};

const SITE_KEYS = ["site-root", "deploy-root", "user-root", "repo-list", "directorymap"] as const;

const LEFT_OF_SITES: Readonly<Record<string, string>> = {
  "site-root": "ROOT/current of the app takes the place of the tree of links",
  "repo-root": "Skein keeps mirrors of its own",
  controldir:
    "scripts are part of what is deployed in Skein: move pre-deploy.sh, pre-link.sh and post-deploy.sh to deploy/ of the part at the top",
};

/** A part for each repository, at its base tag. */
function partsIn(list: Node | undefined, clones: string, path: readonly string[], draft: Draft) {
  const parts: Record<string, { repository: string; at: string; base: string }> = {};
  for (const each of list?.items ?? []) {
    const repository = textAt(each, "name");
    const name = plainName(repository);
    if (!knowRepository(repository, each, draft)) continue;
    draft.origin(repository, below(clones, repository));
    if (Object.hasOwn(parts, name)) {
      draft.retract(each, `the part ${name} is there already`);
      continue;
    }
    const base = `refs/tags/${textAt(each, "base_tag")}`;
    parts[name] = { repository, at: trimmed(textAt(each, "target")) || ".", base };
    draft.take(each, [...path, name]);
  }
  return parts;
}

/** What an older file says of a place may have slashes at its ends. */
const trimmed = (path: string): string => path.replace(/^\/+|\/+$/g, "");
const below = (folder: string, path: string): string => `${folder.replace(/\/+$/, "")}/${trimmed(path)}`;

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
