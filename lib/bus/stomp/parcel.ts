import { codeOf, Failure } from "../../failure.ts";
import type { Outgoing } from "../bus.ts";
import type { SpoolEntry } from "../spool.ts";

/** A message that is on its way out: held in memory while its publisher waits, or in the spool. */
export interface Parcel {
  /** What it holds, where it is in memory alone. */
  readonly held: Outgoing | undefined;
  /** Undefined where there is nothing left to send. */
  readonly read: () => Promise<Outgoing | undefined>;
  readonly confirmed: () => Promise<void> | void;
  readonly refused: (failure: Failure) => Promise<void> | void;
  /** How often a broker ended a connection with an ERROR while this was in flight. */
  suspicion: number;
}

/** A parcel in memory, and what its publisher waits for. */
export function heldParcel(outgoing: Outgoing): {
  readonly parcel: Parcel;
  readonly settled: Promise<void>;
} {
  let confirmed: () => void = () => undefined;
  let refused: (failure: Failure) => void = () => undefined;
  const settled = new Promise<void>((resolve, reject) => {
    confirmed = resolve;
    refused = reject;
  });
  return {
    parcel: { held: outgoing, read: async () => outgoing, confirmed, refused, suspicion: 0 },
    settled,
  };
}

/** A parcel in the spool; its publisher has gone on. */
export function spooledParcel(entry: SpoolEntry, suspicion = 0): Parcel {
  return {
    held: undefined,
    read: async () => ((await isWritten(entry)) ? entry.read() : undefined),
    confirmed: entry.remove,
    refused: ({ message }) => entry.setAside(message),
    suspicion,
  };
}

/** An entry that could not be written is its publisher's to care for. */
const isWritten = (entry: SpoolEntry): Promise<boolean> =>
  entry.written.then(
    () => true,
    () => false,
  );

/** How many connections a message may see ended by an ERROR, before it is taken to be the reason. */
const MOST_SUSPICION = 4;

/** Says of a parcel that it was in flight when a connection ended; answers the failure once it is the one to blame. */
export function suspect(parcel: Parcel, why: Failure): Failure | undefined {
  if (codeOf(why) !== "BROKER_ERROR") return undefined;
  parcel.suspicion += 1;
  if (parcel.suspicion < MOST_SUSPICION) return undefined;
  return new Failure("BROKER_ERROR", `Each time that the message was sent, ${why.message}`);
}
