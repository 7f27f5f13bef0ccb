import type { Draft } from "./draft.ts";
import { textAt } from "./kinds/kind.ts";
import { hostsToSay, plainName } from "./names.ts";
import type { Node } from "./tree.ts";

/** Makes apps of what the agents knew of hosts and the front ends of sites: only both together tell the whole. */
export function makeApps(draft: Draft): void {
  const seen = new Set<string>();
  for (const [name, site] of draft.sites) {
    const repository = textAt(site, "repo");
    seen.add(repository);
    takeSite(plainName(name), site, repository, draft);
  }
  for (const [repository, [sitedir, ...same]] of draft.sitedirs) {
    const path = ["apps", plainName(repository)];
    if (sitedir === undefined || seen.has(repository)) continue;
    if (draft.get(["repositories", repository]) === undefined) {
      for (const each of [sitedir, ...same]) draft.leave(each, "no repository is known for it");
    } else if (draft.put(path, inPlace(plainName(repository), repository, sitedir), sitedir)) {
      for (const each of [sitedir, ...same]) draft.take(each, [...path, "tree"]);
      draft.toComplete.add(hostsToSay(path));
      tellOfTree(path, draft);
    }
  }
}

/** What gitagent did: it changed the files in place, as the user of the web server. */
const inPlace = (name: string, repository: string, { text: tree }: Node) => ({
  driver: "checkout",
  repository,
  root: `/srv/skein/${name}`,
  tree,
  user: "www-data",
});

function takeSite(name: string, site: Node, repository: string, draft: Draft): void {
  const path = ["apps", name];
  const filter = site.entries.get("filter");
  const hosts = hostsOf(filter?.text ?? "", textAt(site, "payload"));
  const sitedirs = draft.sitedirs.get(repository) ?? [];
  const [sitedir] = sitedirs;
  if (hosts === undefined) {
    draft.retract(site, "no filter of Skein says the same: name the hosts of this app yourself");
    for (const each of sitedirs) draft.leave(each, `the site ${name} was not taken over`);
    return;
  }
  if (filter === undefined) return;
  const app =
    sitedir === undefined ? { repository, root: `/srv/${name}` } : inPlace(name, repository, sitedir);
  if (!draft.put(path, { ...app, hosts }, filter)) return;
  for (const each of sitedirs) draft.take(each, [...path, "tree"]);
  if (sitedir !== undefined) tellOfTree(path, draft);
  else
    draft.toComplete.add(
      `${path.join(".")}.root: say where it is on its hosts; no older file did. Skein makes releases/ and current in it: let the web server serve ROOT/current`,
    );
  if (hosts.includes("="))
    draft.toComplete.add(`labels: say on each host what the filter of ${path.join(".")} asks for: ${hosts}`);
  const goes: Readonly<Record<string, string>> = { filter: "hosts", payload: "hosts", repo: "repository" };
  for (const [key, node] of site.entries) {
    const to = goes[key];
    if (to !== undefined) draft.take(node, [...path, to]);
    else if (key === "tags") draft.retract(node, "`skein refs` lists all of them");
    else if (key === "repo_type") draft.take(node, path, "nothing: apps are deployed from git");
  }
}

const tellOfTree = (path: readonly string[], draft: Draft): void => {
  const app = path.join(".");
  draft.toComplete.add(
    `${app}: its files are changed in place, as gitagent did; to have all of a revision or nothing, take driver and tree away and let the web server serve ROOT/current`,
  );
  draft.toComplete.add(`${app}.user: whom the files of its tree belong to; gitagent wrote as www-data`);
};

/** The filter of Skein that says the same as one of the older kit; undefined where none does. */
export function hostsOf(filter: string, payload: string): string | undefined {
  const name = /^[A-Za-z0-9._-]+$/;
  const fact = /^([A-Za-z][A-Za-z0-9._-]*)={1,2}([A-Za-z0-9._-]+)$/;
  if (filter === "identity_filter") return name.test(payload) ? payload : undefined;
  if (filter === "fact_filter") return fact.test(payload) ? payload.replace("==", "=") : undefined;
  if (filter !== "compound_filter") return undefined;
  const alternatives = payload.split(/\s+or\s+/).map((each) => each.split(/\s+and\s+/));
  if (!alternatives.flat().every((term) => fact.test(term))) return undefined;
  return alternatives.map((terms) => terms.map((term) => term.replace("==", "=")).join(" and ")).join(",");
}
