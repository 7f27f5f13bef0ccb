import type { Draft } from "../draft.ts";
import type { Node } from "../tree.ts";
import { has, type Kind, textAt } from "./kind.ts";

/** What sent beats. */
export const keepalive: Kind = {
  name: "stomp-keepalive",
  is: (root) => has(root, "stompserver1"),
  take: (root, draft) => {
    const servers = ["1", "2"].flatMap((number) => {
      const host = textAt(root, `stompserver${number}`);
      return host === "" ? [] : [`stomp://${host}:${textAt(root, `stompport${number}`) || "61613"}`];
    });
    const bus = servers.length === 1 ? (servers[0] ?? "") : `failover:(${servers.join(",")})?randomize=false`;
    const targets: unknown[] = [];
    const section = ["keepalive", "targets"];
    for (const [name, node] of root.entries.get("topics")?.entries ?? []) {
      const target = targetOf(name, node, bus, draft);
      if (target === undefined) continue;
      targets.push(target);
      draft.take(node, section);
    }
    if (targets.length === 0) return;
    const already = draft.get(section);
    draft.replace(section, [...(Array.isArray(already) ? (already as unknown[]) : []), ...targets]);
    for (const key of ["stompserver1", "stompserver2", "stompport1", "stompport2"]) {
      const node = root.entries.get(key);
      if (node !== undefined) draft.take(node, section);
    }
    const options = root.entries.get("stomp-options");
    if (options !== undefined) draft.leave(options, "how often it tries again is up to Skein here");
  },
};

function targetOf(name: string, node: Node, bus: string, draft: Draft): unknown {
  const kind = textAt(node, "type") || "topic";
  const destination = name.startsWith("/") ? name : `/${kind}/${name}`;
  const why = refused(destination);
  if (why !== undefined) {
    draft.leave(node, why);
    return undefined;
  }
  const user = textAt(node, "user");
  if (user === "") return { destination, bus };
  const passcode = draft.secret(`keepalive-${user}`, textAt(node, "pass"));
  return { destination, bus, login: { user, passcode } };
}

function refused(destination: string): string | undefined {
  if (destination.startsWith("/queue/"))
    return "beats fill a queue that nobody reads: where somebody does, write it with somebody-reads-it";
  if (destination.endsWith(".commits"))
    return "stomp-git 3.20 dies of a beat: where none listens, write it with no-stomp-git-3.20";
  return /^\/topic\/[A-Za-z0-9_-]+([./][A-Za-z0-9_-]+)*$/.test(destination)
    ? undefined
    : "it is not the name of a topic or a queue";
}
