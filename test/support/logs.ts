import type { Log } from "../../lib/log.ts";

/** One line that was logged. */
export interface SaidLine {
  readonly level: "debug" | "info" | "warn" | "error";
  readonly text: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** A log that appends to a list, for a test to look at. */
export const tellingLog = (lines: SaidLine[]): Log => logTo((line) => lines.push(line));

/** A log, and a promise of the first line that fits a pattern. */
export function listeningLog(pattern: RegExp): { readonly log: Log; readonly said: Promise<SaidLine> } {
  let resolve: (line: SaidLine) => void = () => undefined;
  const said = new Promise<SaidLine>((settle) => (resolve = settle));
  const log = logTo((line) => {
    if (pattern.test(line.text)) resolve(line);
  });
  return { log, said };
}

/** A log that nobody reads. */
export const quietLog: Log = logTo(() => undefined);

function logTo(tell: (line: SaidLine) => void): Log {
  const say = (level: SaidLine["level"]) => (fields: SaidLine["fields"], text: string) =>
    tell({ level, text, fields });
  const log: Log = {
    debug: say("debug"),
    info: say("info"),
    warn: say("warn"),
    error: say("error"),
    child: () => log,
  };
  return log;
}
