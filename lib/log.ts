import { pino, stdSerializers } from "pino";

type Say = (fields: Readonly<Record<string, unknown>>, text: string) => void;

/** What daemons log with. The text is for people; the fields are for machines. */
export interface Log {
  readonly debug: Say;
  readonly info: Say;
  readonly warn: Say;
  readonly error: Say;
  /** A log that adds fields to each line. */
  readonly child: (fields: Readonly<Record<string, unknown>>) => Log;
}

interface LogOptions {
  readonly level: string;
  /** Where lines go; standard error where it is left out. */
  readonly to?: { write: (line: string) => void };
}

/** Values of these keys never reach a log, however deep they are. */
const SECRET_KEYS = ["passcode", "password", "token", "secret", "authorization"];
const SECRET_IN_URL = /\b([a-z][a-z0-9+.-]*:\/\/[^\s:/@]*):[^\s@/]+@/gi;

/** Takes the password out of every URL of a text. */
export const redacted = (text: string): string => text.replace(SECRET_IN_URL, "$1:***@");

/** A log: lines of JSON, or coloured text where standard error is a terminal. */
export async function openLog({ level, to }: LogOptions): Promise<Log> {
  const destination = to ?? (process.stderr.isTTY ? await prettyLines() : process.stderr);
  const log: Log = pino(
    {
      level,
      base: null,
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      redact: { paths: SECRET_KEYS.flatMap((key) => [key, `*.${key}`, `*.*.${key}`]), censor: "***" },
      serializers: { error: stdSerializers.errWithCause },
    },
    { write: (line: string) => destination.write(redacted(line)) },
  );
  return log;
}

async function prettyLines(): Promise<{ write: (line: string) => void }> {
  const { default: pretty } = await import("pino-pretty");
  const stream = pretty({
    colorize: true,
    sync: true,
    destination: 2,
    ignore: "daemon,time",
    messageFormat: "{daemon} {msg}",
  });
  return { write: (line) => void stream.write(line) };
}
