import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Frame } from "../../daemons/broker/codec/frame.ts";
import { dial } from "../daemons/broker/support/client.ts";
import { until } from "./until.ts";

const PROGRAMS = fileURLToPath(new URL("../fixtures/older-kit/", import.meta.url));

interface Broker {
  readonly port: number;
  readonly login: string;
  readonly passcode: string;
}

/** Where the broker of a state folder is, and who may talk to it. */
export function brokerOf(state: string): Broker {
  const file = readFileSync(join(state, "broker.json"), "utf8");
  const { address, login, passcode } = JSON.parse(file) as Record<"address" | "login" | "passcode", string>;
  return { port: Number(/\d+$/.exec(address)?.[0]), login, passcode };
}

/** Hears everything that comes over topics, as the bytes that are on the wire: a listener that knows nothing of Skein. */
export async function overhear(broker: Broker, destinations: readonly string[]) {
  const client = await dial(broker.port);
  client.write(`CONNECT\nlogin:${broker.login}\npasscode:${broker.passcode}\n\n\0`);
  const greeting = await client.hear();
  if (greeting.command !== "CONNECTED") throw new Error(greeting.headers.get("message"));
  for (const destination of destinations) await client.told("SUBSCRIBE", { id: destination, destination });
  const frames: Frame[] = [];
  void (async () => {
    for (let frame = await client.hearOrEnd(); frame !== undefined; frame = await client.hearOrEnd())
      frames.push(frame);
  })();
  return {
    frames,
    /** Says a text as the older kit does, with a header that tells whose it is. */
    say: (destination: string, body: string) =>
      client.say(
        "SEND",
        { destination, "content-type": "text/plain; charset=UTF-8", "of-the-test": "1" },
        body,
      ),
    leave: () => client.leave(),
  };
}

/** A daemon of the older kit that runs: a Ruby program with the `stomp` gem. */
export interface OlderDaemon {
  /** The lines that it has printed. */
  readonly lines: () => readonly string[];
  readonly stop: () => Promise<void>;
}

/** Starts one of them, and waits until it listens. */
export async function olderDaemon(
  name: "ci" | "stomp-git",
  { port, login, passcode }: Broker,
  more: Readonly<Record<string, string>> = {},
): Promise<OlderDaemon> {
  const env = { PATH: process.env["PATH"] ?? "", LANG: "C.UTF-8", ...more };
  const child = spawn("ruby", [join(PROGRAMS, `${name}.rb`)], {
    env: { ...env, PORT: String(port), LOGIN: login, PASSCODE: passcode },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const said = { out: "", err: "" };
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => (said.out += chunk));
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => (said.err += chunk));
  const ended = once(child, "close");
  const stop = async () => {
    child.kill("SIGKILL");
    await ended;
  };
  try {
    await until(`the older ${name} listens`, () => {
      if (hasEnded(child)) throw new Error(`it ended: ${said.err}`);
      return said.out.includes("ready\n");
    });
  } catch (error) {
    await stop();
    throw error;
  }
  return { lines: () => said.out.split("\n").slice(1, -1), stop };
}

const hasEnded = ({ exitCode, signalCode }: ChildProcess): boolean =>
  exitCode !== null || signalCode !== null;
