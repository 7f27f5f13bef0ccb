import { randomBytes } from "node:crypto";
import type { Bus } from "../lib/bus/bus.ts";
import { connectBus } from "../lib/bus/connect.ts";
import { busAddress } from "../lib/config/broker-file.ts";
import { findConfig, hostOfMachine, loadConfig } from "../lib/config/load.ts";
import { interestsIn, say } from "../lib/daemon/deliver.ts";
import { codeOf } from "../lib/failure.ts";
import { type Log, openLog } from "../lib/log.ts";
import type { Message, MessageType } from "../lib/messages/catalogue.ts";
import type { Topics } from "../lib/messages/destinations.ts";
import type { Envelope } from "../lib/messages/envelope.ts";
import type { Frame } from "../lib/messages/frame.ts";
import { read } from "../lib/messages/wire.ts";
import type { Ledger } from "../lib/store/ledger.ts";
import type { CommonArguments } from "./command.ts";
import { note } from "./output.ts";
import { type Settings, settingsSchema } from "./settings.ts";

/** What a command works with: the configuration, the bus, the ledger. */
export interface Session {
  readonly settings: Settings;
  readonly bus: Bus;
  readonly ledger: Ledger;
  readonly say: (message: Message) => Promise<Envelope>;
  /** Is given every message of these types from now on. */
  readonly hear: (types: readonly MessageType[], receive: (envelope: Envelope) => void) => Promise<void>;
  readonly close: () => Promise<void>;
}

/** Reads the configuration that a command line names. */
export function readSettings({ config }: Pick<CommonArguments, "config">): Settings {
  return loadConfig(findConfig(config), settingsSchema);
}

/** A log for commands: only what went wrong. */
export const quietLog = (): Promise<Log> =>
  openLog({ level: process.env["SKEIN_DEBUG"] === undefined ? "error" : "debug" });

/**
 * Opens the configuration, the bus and the ledger.
 * @throws {Failure} CONFIG_INVALID, BROKER_UNREACHABLE, BROKER_REFUSED
 */
export async function openSession(args: Pick<CommonArguments, "config">): Promise<Session> {
  const settings = readSettings(args);
  const host = hostOfMachine(settings);
  const name = `cli-${randomBytes(6).toString("hex")}`;
  const { topics } = settings;
  const log = await quietLog();
  const bus = await connectBus({
    address: busAddress(settings),
    clientId: `${name}.${host}`,
    wait: false,
    log,
  });
  // Loaded where a session begins: whoever only reads the settings does without a database.
  const { openLedger } = await import("../lib/store/ledger.ts");
  const ledger = openLedger(settings.state);
  const answer = { bus, topics, source: `//${host}/cli`, now: () => new Date() };
  return {
    settings,
    bus,
    ledger,
    say: (message) => say(answer, message),
    hear: async (types, receive) => {
      for (const interest of interestsIn(types, name, host, topics)) {
        // A command line hears what comes while it listens; it leaves nothing behind at the broker.
        await bus.subscribe({ ...interest, kind: "news" }, (delivery) => {
          const envelope = readable(delivery, topics);
          if (envelope !== undefined && types.includes(envelope.type)) receive(envelope);
          return Promise.resolve();
        });
      }
    },
    close: async () => {
      await bus.drain();
      await ledger.close();
    },
  };
}

function readable(frame: Frame, topics: Topics): Envelope | undefined {
  try {
    return read(frame, { topics, now: new Date() });
  } catch (error) {
    note(`skein: a message that cannot be read was left out [${codeOf(error) ?? "UNEXPECTED"}]`);
    return undefined;
  }
}

/** Opens a session for as long as some work takes. */
export async function withSession<Result>(
  args: Pick<CommonArguments, "config">,
  work: (session: Session) => Promise<Result>,
): Promise<Result> {
  const session = await openSession(args);
  try {
    return await work(session);
  } finally {
    await session.close();
  }
}
