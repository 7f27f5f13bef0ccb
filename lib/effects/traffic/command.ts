import { Failure } from "../../failure.ts";
import { exec } from "../exec.ts";
import { addressOf, type Gate, type Traffic } from "./traffic.ts";

/** A program that sends visitors somewhere. */
export interface TrafficCommand {
  readonly env: Readonly<Record<string, string>>;
  /** Milliseconds. */
  readonly timeout: number;
}

/** Traffic through a program, which is told the place as SKEIN_PLACE: HOST:PORT, or nothing. */
export const commandTraffic = (run: readonly string[], by: TrafficCommand): Traffic => ({
  switchTo: (place, signal) => {
    const SKEIN_PLACE = place === null ? "" : addressOf(place);
    return told(run, { ...by, env: { ...by.env, SKEIN_PLACE } }, signal);
  },
});

/** A host that programs take out, and put in. */
export const commandGate = (
  words: { readonly drain: readonly string[]; readonly undrain: readonly string[] },
  by: TrafficCommand,
): Gate => ({
  close: (signal) => told(words.drain, by, signal),
  open: (signal) => told(words.undrain, by, signal),
});

async function told(
  words: readonly string[],
  { env, timeout }: TrafficCommand,
  signal?: AbortSignal,
): Promise<void> {
  const [program = "", ...args] = words;
  const { code, stdout, stderr, outcome } = await exec(program, args, {
    env,
    timeout,
    ...(signal && { signal }),
  });
  if (signal?.aborted === true || (code === 0 && outcome === "ended")) return;
  const how = outcome === "timed out" ? `ran longer than ${timeout / 1_000} s` : `ended with ${code}`;
  const said = `${stdout.toString("utf8")}${stderr}`.trim().slice(-500);
  throw new Failure("TRAFFIC_REFUSED", `Cannot switch by ${words.join(" ")}: it ${how}: ${said}`);
}
