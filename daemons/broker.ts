import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { z } from "zod";
import { knownPasscode, knownPort, writeBrokerFile } from "../lib/config/broker-file.ts";
import { defineDaemon } from "../lib/daemon/define.ts";
import type { Log } from "../lib/log.ts";
import { deadLetters, namedApart, type Topics } from "../lib/messages/destinations.ts";
import { address } from "../lib/schema/address.ts";
import { size } from "../lib/schema/quantities.ts";
import type { LogEntry } from "./broker/log.ts";
import type { Policy } from "./broker/policy.ts";
import type { Broker } from "./broker/server.ts";

const settings = z.strictObject({
  listen: address
    .prefault("127.0.0.1:61613")
    .describe("Where STOMP over TCP is spoken; port 0 takes a free one, and the same again after a restart."),
  websocket: address
    .optional()
    .describe("Where STOMP over WebSocket is spoken; nowhere where it is left out."),
  "queue-size": size
    .prefault("64MiB")
    .describe(
      "How much one queue, or one durable subscription, may hold. A full queue refuses what is sent to it; a durable subscription loses the oldest, so that nobody who is away keeps others from sending.",
    ),
  holds: size.prefault("256MiB").describe("How much all of them may hold together."),
  connections: z.int().min(1).default(2_000).describe("How many clients may be connected."),
  "connections-per-address": z
    .int()
    .min(1)
    .default(64)
    .describe("How many of them from one address: more of them where many hosts share one."),
  returns: z
    .int()
    .min(1)
    .default(20)
    .describe(
      "How often a message may be given back, by those who take it or by their end, before it becomes a dead letter.",
    ),
});

/** The login of everything that reads the state folder. */
const LOGIN = "skein";

export const broker = defineDaemon<z.infer<typeof settings>, { readonly server: Broker }>({
  name: "broker",
  summary: "Speaks STOMP: carries the messages of all other daemons.",
  config: settings,
  fixed: true,
  deps: async (
    { listen, websocket, holds, returns, connections, ...rest },
    { settings: { state, topics }, log },
  ) => {
    // Loaded where it is run: most hosts have a broker elsewhere.
    const { startBroker } = await import("./broker/server.ts");
    const passcode = knownPasscode(state) ?? randomBytes(24).toString("base64url");
    const start = (port: number) =>
      startBroker({
        listen: { tcp: { ...listen, port }, ...(websocket === undefined ? {} : { websocket }) },
        logins: new Map([[LOGIN, passcode]]),
        permits: within(topics),
        journal: join(state, "broker"),
        deadLetters: deadLetters(topics),
        limits: {
          mailbox: rest["queue-size"],
          held: holds,
          returns,
          connections,
          connectionsPerAddress: rest["connections-per-address"],
        },
        log: logTo(log),
      });
    const former = listen.port === 0 ? knownPort(state) : undefined;
    const server =
      former === undefined ? await start(listen.port) : await start(former).catch(() => start(listen.port));
    const at = server.addresses.tcp;
    if (at !== undefined)
      await writeBrokerFile(state, { login: LOGIN, passcode, address: `stomp://${at.host}:${at.port}` });
    return { server };
  },
  dispose: ({ server }) => server.stop(),
});

/** Whoever has the login may use the destinations of this site, and no others. */
function within(topics: Topics): Policy {
  const isNamedApart = namedApart(topics);
  const here = [`/topic/${topics.prefix}.`, `/queue/${topics.prefix}.`];
  return (login, _verb, destination) =>
    login === LOGIN && (here.some((each) => destination.startsWith(each)) || isNamedApart(destination));
}

/** Whoever comes and goes is worth a line only to somebody who looks for it. */
const logTo =
  (log: Log) =>
  ({ level, event, ...fields }: LogEntry) =>
    log[event.startsWith("client.") && level === "info" ? "debug" : level](fields, event);
