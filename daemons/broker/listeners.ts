import type { Door } from "./core.ts";
import type { Limits } from "./limits.ts";
import type { Address, Listen, Listener } from "./listen.ts";
import { listenTcp } from "./tcp.ts";
import { listenWebSocket } from "./websocket.ts";

/** Where to listen, and for what. */
export interface ListenOptions {
  readonly tcp?: Listen;
  readonly websocket?: Listen;
}

/** Where the broker listens in fact. */
export interface Addresses {
  readonly tcp?: Address;
  readonly websocket?: Address;
}

/** All open listeners of a broker. */
interface Listeners {
  readonly addresses: Addresses;
  close(): Promise<void>;
}

/** Opens all listeners or none. */
export async function listenAll(
  { tcp, websocket }: ListenOptions,
  door: Door,
  limits: Limits,
): Promise<Listeners> {
  const open: Listener[] = [];
  const close = async () => {
    await Promise.all(open.map((listener) => listener.close()));
  };
  const opening = async (listening: Promise<Listener>) => {
    const listener = await listening;
    open.push(listener);
    return listener.address;
  };
  try {
    const addresses = {
      ...(tcp && { tcp: await opening(listenTcp(tcp, door, limits)) }),
      ...(websocket && { websocket: await opening(listenWebSocket(websocket, door, limits)) }),
    };
    return { addresses, close };
  } catch (error) {
    await close();
    throw error;
  }
}
