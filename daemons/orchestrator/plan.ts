import { countOf, type Portion } from "../../lib/schema/quantities.ts";
import type { HostName } from "../../lib/schema/names.ts";

/** The part of a strategy that says who goes with whom. */
export interface Order {
  readonly canary: number;
  readonly batches: Portion;
}

/** Divides the hosts of a rollout: the canary first, then batch by batch, in the order that was given. */
export function planBatches(
  hosts: readonly HostName[],
  { canary, batches }: Order,
): readonly (readonly HostName[])[] {
  const first = hosts.slice(0, canary);
  const rest = hosts.slice(canary);
  const size = countOf(batches, hosts.length);
  const others = Array.from({ length: Math.ceil(rest.length / size) }, (_, index) =>
    rest.slice(index * size, (index + 1) * size),
  );
  return first.length === 0 ? others : [first, ...others];
}
