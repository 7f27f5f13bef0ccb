import { Failure } from "../failure.ts";

/** The failure of whoever uses a bus after it was drained. */
export const departed = (what: string): Failure =>
  new Failure("BROKER_UNREACHABLE", `Cannot ${what}: this connection to the broker was drained`);
