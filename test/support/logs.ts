import type { Log } from "../../lib/log.ts";

/** One line that was logged. */
export interface SaidLine {
  readonly level: "debug" | "info" | "warn" | "error";
  readonly text: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** A log that appends to a list, for a test to look at. */
export function tellingLog(lines: SaidLine[]): Log {
  const say = (level: SaidLine["level"]) => (fields: SaidLine["fields"], text: string) =>
    void lines.push({ level, text, fields });
  const log: Log = {
    debug: say("debug"),
    info: say("info"),
    warn: say("warn"),
    error: say("error"),
    child: () => log,
  };
  return log;
}

/** A log that nobody reads. */
export const quietLog: Log = tellingLog([]);
