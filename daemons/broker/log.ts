/** One thing that happened: `event` names its kind, the other fields say to whom and why. */
export interface LogEntry {
  readonly level: "info" | "warn" | "error";
  readonly event: string;
  readonly [field: string]: unknown;
}

/** Where the broker tells what happens. No passcode and no body is ever told. */
export type Log = (entry: LogEntry) => void;
