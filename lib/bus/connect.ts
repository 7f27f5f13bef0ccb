import { Failure } from "../failure.ts";
import { parseAddresses } from "./address.ts";
import type { Bus } from "./bus.ts";
import type { MemoryHub } from "./memory.ts";
import type { StompOptions } from "./stomp.ts";

/** The address of the hub in memory. */
const IN_MEMORY = "memory:";

interface BusSettings extends Omit<StompOptions, "addresses"> {
  /** Where the brokers are, or `memory:`. */
  readonly address: string;
  /** The hub that `memory:` means. */
  readonly hub?: MemoryHub;
}

/**
 * Connects to whatever an address names.
 * @throws {Failure} BROKER_ADDRESS, or what `stompBus` throws
 */
export async function connectBus({ address, hub, ...options }: BusSettings): Promise<Bus> {
  if (address === IN_MEMORY) return inMemory(hub);
  const addresses = parseAddresses(address);
  // Daemons that talk in memory start faster without the STOMP client.
  const { stompBus } = await import("./stomp.ts");
  return stompBus({ ...options, addresses });
}

function inMemory(hub: MemoryHub | undefined): Bus {
  if (hub !== undefined) return hub.connect();
  throw new Failure("BROKER_ADDRESS", `${IN_MEMORY} is an address only within one process`);
}
