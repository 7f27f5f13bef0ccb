import { readdirSync, readFileSync } from "node:fs";
import type { Frame } from "../../../../lib/messages/frame.ts";

const FOLDER = new URL("../../../fixtures/legacy/", import.meta.url);

interface Recorded {
  readonly command?: string;
  readonly destination?: string;
  readonly headers: Readonly<Record<string, string>> | readonly (readonly [string, string])[];
  readonly body?: string | null;
  readonly body_base64?: string;
}

interface Recording {
  readonly name: string;
  /** What a daemon was given. */
  readonly stimulus?: Recorded;
  /** What it said. */
  readonly frames: readonly Recorded[];
}

/** Everything that the daemons of the older kit were recorded to say or to hear, by the name of the recording. */
export const RECORDINGS: ReadonlyMap<string, readonly Frame[]> = new Map(
  readdirSync(FOLDER)
    .sort()
    .flatMap((file) => JSON.parse(readFileSync(new URL(file, FOLDER), "utf8")) as Recording[])
    .map(({ name, stimulus, frames }) => [
      name,
      [
        ...(stimulus === undefined ? [] : [stimulus]),
        ...frames.filter(({ command }) => command === "SEND"),
      ].map(frameOf),
    ]),
);

function frameOf({ destination, headers, body, body_base64: bytes }: Recorded): Frame {
  const named = Array.isArray(headers)
    ? (Object.fromEntries(headers as [string, string][]) as Record<string, string>)
    : (headers as Record<string, string>);
  return {
    destination: destination ?? named["destination"] ?? "",
    headers: named,
    body: bytes === undefined ? Buffer.from(body ?? "") : Buffer.from(bytes, "base64"),
  };
}
