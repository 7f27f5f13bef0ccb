import { reasonOf } from "../../lib/failure.ts";
import { parseAddresses } from "../../lib/bus/address.ts";
import type { Draft } from "./draft.ts";
import type { Node } from "./tree.ts";

/** The options that the older kit really read; it dropped the others, whose case or name was wrong. */
const READ = ["initialReconnectDelay", "randomize", "useExponentialBackOff"];

/** Takes over how a daemon reached its broker: both generations say it in their own way. */
export function takeConnection(root: Node, draft: Draft): void {
  const connector = root.entries.get("stompconnector");
  if (connector !== undefined) takeConnector(connector, draft);
  const server = root.entries.get("rserver");
  if (server === undefined) return;
  const options = root.entries.get("stomp-options");
  const read = optionsOf(options?.text ?? "");
  const bus = `${server.text.trim()}${read.kept === "" ? "" : `?${read.kept}`}`;
  if (!putBus(bus, server, draft)) {
    if (options !== undefined) draft.leave(options, "its broker was not taken over");
    return;
  }
  if (options !== undefined && draft.get(["bus"]) !== bus)
    draft.leave(options, "another file names the same brokers: its options count");
  else if (options !== undefined)
    draft.take(
      options,
      ["bus"],
      read.dropped.length === 0
        ? "bus"
        : `bus, without ${read.dropped.join(", ")}: the older kit never read them`,
    );
}

function optionsOf(text: string): { readonly kept: string; readonly dropped: readonly string[] } {
  const all = [...new URLSearchParams(text)];
  return {
    kept: all
      .filter(([name]) => READ.includes(name))
      .map(([name, value]) => `${name}=${value}`)
      .join("&"),
    dropped: all.filter(([name]) => !READ.includes(name)).map(([name]) => name),
  };
}

function takeConnector(connector: Node, draft: Draft): void {
  const hosts = connector.entries.get("hosts");
  const headers = connector.entries.get("connect_headers");
  const vhost = headers?.entries.get("host");
  const place = (vhost?.text ?? "/").replace(/^\//, "");
  const isPlain = /^[A-Za-z0-9._-]*$/.test(place);
  const path = place === "" || !isPlain ? "" : `/${place}`;
  if (hosts !== undefined && putBus(busOf(hosts.items, path), hosts, draft) && vhost !== undefined && isPlain)
    draft.take(vhost, ["bus"]);
  if (vhost !== undefined)
    draft.leave(vhost, isPlain ? "its brokers were not taken over" : "`bus` cannot name this virtual host");
  const reliable = connector.entries.get("reliable");
  if (reliable?.text === "true") draft.take(reliable, ["bus"], "nothing: Skein always connects again");
  for (const [name, node] of headers?.entries ?? [])
    if (name !== "host") draft.leave(node, "Skein agrees on it with the broker by itself");
}

function busOf(hosts: readonly Node[], path: string): string {
  const brokers = hosts.map(({ entries }) => {
    const said = (name: string) => entries.get(name)?.text ?? "";
    const login =
      said("login") === ""
        ? ""
        : `${encodeURIComponent(said("login"))}:${encodeURIComponent(said("passcode"))}@`;
    const port = said("port") === "" ? "" : `:${said("port")}`;
    return `${said("ssl") === "true" ? "stomp+ssl" : "stomp"}://${login}${said("host")}${port}${path}`;
  });
  return brokers.length === 1 ? (brokers[0] ?? "") : `failover:(${brokers.join(",")})?randomize=false`;
}

function putBus(bus: string, node: Node, draft: Draft): boolean {
  try {
    parseAddresses(bus);
  } catch (error) {
    draft.leave(node, reasonOf(error));
    return false;
  }
  const there = draft.get(["bus"]);
  // Two generations write the same brokers in two ways.
  return draft.put(["bus"], typeof there === "string" && isSame(there, bus) ? there : bus, node);
}

const isSame = (one: string, other: string): boolean =>
  JSON.stringify(parseAddresses(one).brokers) === JSON.stringify(parseAddresses(other).brokers);
