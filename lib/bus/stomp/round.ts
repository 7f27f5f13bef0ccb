import { Failure, reasonOf } from "../../failure.ts";
import type { BrokerAddress, BrokerAddresses } from "../address.ts";

/** In which order to try the brokers: the one that was just lost comes last. */
export function orderOf(
  { brokers, randomize }: Pick<BrokerAddresses, "brokers" | "randomize">,
  last: BrokerAddress | undefined,
  random: () => number = Math.random,
): readonly BrokerAddress[] {
  const keyed = brokers.map((broker, place) => ({ broker, key: randomize ? random() : place }));
  return keyed
    .map(({ broker, key }) => ({ broker, key: broker === last ? Number.POSITIVE_INFINITY : key }))
    .sort((one, other) => one.key - other.key)
    .map(({ broker }) => broker);
}

/**
 * Tries brokers one after the other.
 * @throws {Failure} BROKER_REFUSED where one refused the login, otherwise BROKER_UNREACHABLE, with the reason of each
 */
export async function firstOf<Opened>(
  brokers: readonly BrokerAddress[],
  open: (broker: BrokerAddress) => Promise<Opened>,
): Promise<Opened> {
  const failures: unknown[] = [];
  for (const broker of brokers) {
    try {
      return await open(broker);
    } catch (error) {
      failures.push(error);
    }
  }
  throw failures.find(isRefusal) ?? unreachable(failures);
}

const isRefusal = (error: unknown): error is Failure =>
  error instanceof Failure && error.code === "BROKER_REFUSED";

const unreachable = (failures: readonly unknown[]): Failure =>
  new Failure("BROKER_UNREACHABLE", failures.map(reasonOf).join("; "), { transient: true });
