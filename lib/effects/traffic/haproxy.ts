import { isIP } from "node:net";
import { Failure } from "../../failure.ts";
import { comesTrue } from "../clock.ts";
import { askHaproxy } from "./haproxy-socket.ts";
import type { Gate, Place, Traffic } from "./traffic.ts";

/** How to reach a HAProxy, and a backend of it. */
interface Means {
  readonly socket: string;
  readonly backend: string;
  /** Milliseconds that its checks may take to let a server up. */
  readonly settles?: number;
}

/** The backend whose servers are slots for whatever is live. */
export interface HaproxyMeans extends Means {
  /** Milliseconds that what is under way may still take. */
  readonly drain: number;
}

/** The backend that a host is a server of. */
export interface HaproxyHost extends Means {
  readonly server: string;
  /** Milliseconds that what is under way may still take. */
  readonly wait: number;
}

/** A server of the backend, as it is now. */
interface Slot {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly state: "ready" | "draining" | "out";
}

const INTERVAL = 25;
const PATIENCE = 10_000;

/**
 * Bits of what `show servers state` tells as the administrative state. 0x04 is none of them: it says that the configuration began
 * with `disabled`, also once the server is ready.
 */
const MAINTENANCE = 0x01 | 0x02 | 0x20;
const DRAINING = 0x08 | 0x10;

/** What is asked of a backend, and said to it. */
function backendOf({ socket, backend, settles = PATIENCE }: Means) {
  const refused = (why: string) =>
    new Failure("TRAFFIC_REFUSED", `Cannot switch the backend ${backend} of HAProxy: ${why}`);
  // It takes several commands in a line, and a label of the host may stand in a name.
  if (!/^[A-Za-z0-9][A-Za-z0-9._:-]*$/.test(backend)) throw refused("that is no name");
  const set = async ({ name }: Pick<Slot, "name">, words: string, fine = /^$/) => {
    const said = (await askHaproxy(socket, `set server ${backend}/${name} ${words}`)).trim();
    if (!fine.test(said))
      throw refused(`it answers ${JSON.stringify(said.slice(0, 300))} to set server ${name} ${words}`);
  };
  const slots = async (): Promise<readonly Slot[]> => {
    const text = await askHaproxy(socket, `show servers state ${backend}`);
    const found = slotsIn(text);
    if (found.length === 0) throw refused(`it answers ${JSON.stringify(text.trim().slice(0, 300))}`);
    return found;
  };
  const loads = async () => loadsIn(await askHaproxy(socket, "show stat -1 4 -1"), backend);
  /** Waits until its checks let a server up, and says whether they do. */
  const comesUp = (server: string, signal?: AbortSignal): Promise<boolean> =>
    comesTrue(async () => (await loads()).some(({ name, up }) => name === server && up), {
      within: settles,
      interval: INTERVAL,
      signal,
    });
  /** Waits until nothing is under way at these, but not for ever. */
  const drained = async (names: ReadonlySet<string>, within: number, signal?: AbortSignal): Promise<void> => {
    const isIdle = async () => !(await loads()).some(({ name, sessions }) => names.has(name) && sessions > 0);
    await comesTrue(isIdle, { within, interval: INTERVAL, signal });
  };
  return { refused, set, slots, comesUp, drained };
}

/** Traffic through the servers of a backend of HAProxy, over its Runtime API: nothing is reloaded. */
export function haproxyTraffic(means: HaproxyMeans): Traffic {
  const { refused, set, slots, comesUp, drained } = backendOf(means);

  /** A server that sends to the place, which was there already, or was free. */
  const open = async (place: Place, all: readonly Slot[], signal?: AbortSignal): Promise<Slot> => {
    const slot = all.find((each) => isAt(each, place)) ?? all.find(({ state }) => state === "out");
    if (slot === undefined)
      throw refused(`all of its servers are in use: it needs one more than ${all.length}`);
    if (!isAt(slot, place)) await set(slot, `addr ${place.host} port ${place.port}`, /changed|no need/);
    if (slot.state !== "ready") await set(slot, "state ready");
    if (await comesUp(slot.name, signal)) return slot;
    if (slot.state !== "ready") await set(slot, "state maint");
    throw refused(`its checks do not let the server ${slot.name} at ${place.host}:${place.port} up`);
  };

  return {
    switchTo: async (place, signal) => {
      if (place !== null && isIP(place.host) === 0) throw refused(`${place.host} is no address`);
      const all = await slots();
      const live = place === null ? undefined : await open(place, all, signal);
      const others = all.filter(({ name, state }) => name !== live?.name && state !== "out");
      for (const each of others) if (each.state === "ready") await set(each, "state drain");
      await drained(new Set(others.map(({ name }) => name)), means.drain, signal);
      // Whoever goes on with it later has to know that these are to be waited for.
      if (signal?.aborted === true) return;
      for (const each of others) await set(each, "state maint");
    },
  };
}

/** A host that is a server of a backend of HAProxy, taken out and put in over its Runtime API. */
export function haproxyGate(host: HaproxyHost): Gate {
  const { refused, set, slots, comesUp, drained } = backendOf(host);
  const known = async () => {
    const slot = (await slots()).find(({ name }) => name === host.server);
    if (slot === undefined) throw refused(`it has no server ${host.server}`);
    return slot;
  };
  return {
    close: async (signal) => {
      const slot = await known();
      if (slot.state === "ready") await set(slot, "state drain");
      await drained(new Set([slot.name]), host.wait, signal);
    },
    open: async (signal) => {
      const slot = await known();
      if (slot.state !== "ready") await set(slot, "state ready");
      if (!(await comesUp(slot.name, signal)) && signal?.aborted !== true)
        throw refused(`its checks do not let the server ${slot.name} up`);
    },
  };
}

const isAt = (slot: Slot, place: Place): boolean => slot.host === place.host && slot.port === place.port;

/** Reads what `show servers state` tells: a version, the names of the columns, a line for each server. */
function slotsIn(text: string): readonly Slot[] {
  const [version, names = "", ...lines] = text.trim().split("\n");
  if (version !== "1" || !names.startsWith("# ")) return [];
  const columns = names.slice(2).split(" ");
  return lines.map((line) => {
    const fields = line.split(" ");
    const field = (name: string) => fields[columns.indexOf(name)] ?? "";
    const admin = Number(field("srv_admin_state"));
    return {
      name: field("srv_name"),
      host: field("srv_addr"),
      port: Number(field("srv_port")),
      state: (admin & MAINTENANCE) !== 0 ? "out" : (admin & DRAINING) !== 0 ? "draining" : "ready",
    };
  });
}

/** What `show stat` tells of a server. */
interface Load {
  readonly name: string;
  /** Requests that are under way, or wait. */
  readonly sessions: number;
  /** Whether requests are sent to it, and go on being sent. */
  readonly up: boolean;
}

/** Reads the CSV of `show stat`. */
function loadsIn(text: string, backend: string): readonly Load[] {
  const [names = "", ...lines] = text.trim().split("\n");
  const columns = names.replace(/^# /, "").split(",");
  return lines
    .map((line) => line.split(","))
    .map((fields) => (name: string) => fields[columns.indexOf(name)] ?? "")
    .filter((field) => field("pxname") === backend)
    .map((field) => ({
      name: field("svname"),
      sessions: Number(field("scur")) + Number(field("qcur")),
      up: field("status") === "no check" || (field("status").startsWith("UP") && isConfirmed(field)),
    }));
}

/** A server that comes back counts as up until its first check has failed: with one that passed, it is above what it takes. */
const isConfirmed = (field: (name: string) => string): boolean =>
  Number(field("check_fall")) <= 1 || Number(field("check_health")) > Number(field("check_rise"));
