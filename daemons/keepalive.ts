import type { Bus } from "../lib/bus/bus.ts";
import { type BrokerAddress, type BrokerAddresses, nameOf, parseAddresses } from "../lib/bus/address.ts";
import { busAddress } from "../lib/config/broker-file.ts";
import { readSecret } from "../lib/config/secrets.ts";
import { type Context, defineDaemon, type Surroundings } from "../lib/daemon/define.ts";
import { Failure, reasonOf } from "../lib/failure.ts";
import { message, type Message } from "../lib/messages/catalogue.ts";
import { isHeardAt } from "../lib/messages/destinations.ts";
import { atMost } from "../lib/pace/at-most.ts";
import { type BackOff, backOff } from "../lib/pace/back-off.ts";
import { type KeepaliveConfig, keepaliveConfig, type Target } from "./keepalive/config.ts";

/** One destination that is sent beats, over a connection that is kept while it works. */
interface Line {
  readonly target: Target;
  readonly name: string;
  readonly connect: () => Promise<Bus>;
  bus: Bus | undefined;
  /** When the next beat is due, in milliseconds since 1970. */
  due: number;
}

interface Deps {
  readonly lines: readonly Line[];
  readonly failing: BackOff<Line>;
}
type Here = Context<KeepaliveConfig, Deps>;

/** How often it is looked whether a beat is due, in milliseconds. */
const LOOK = 1_000;
/** How long a broker may take to confirm one, in milliseconds. */
const PATIENCE = 5_000;
const RETRY = { first: 5_000, most: 300_000 };
const AT_ONCE = 16;

/** Byte for byte what the older kit sends; everybody who listens leaves it out. */
const BEAT = {
  headers: { "content-type": "text/plain; charset=UTF-8" },
  body: Buffer.from("\n"),
  persistent: false,
} as const;

export const keepalive = defineDaemon<KeepaliveConfig, Deps>({
  name: "keepalive",
  summary:
    "Sends beats to destinations whose listeners, or firewalls between, want to hear something now and then.",
  config: keepaliveConfig,
  wanted: ({ targets }) => targets.length > 0,
  deps: ({ targets }, surroundings) => ({
    lines: targets.map((target, place) => lineTo(target, place, surroundings)),
    failing: backOff([] as Line[], RETRY),
  }),
  dispose: async ({ lines }) => void (await Promise.all(lines.map((line) => hangUp(line)))),
  every: {
    interval: () => LOOK,
    tick: async (here) => {
      const now = here.now();
      const { lines, failing } = here.deps;
      const due = lines.filter((line) =>
        failing.isPending(line) ? failing.due(now).includes(line) : line.due <= now.getTime(),
      );
      return (await atMost(AT_ONCE, due, (line) => beat(line, here))).flat();
    },
  },
});

/** @throws {Failure} CONFIG_INVALID where the target may kill who listens there, or its login is not there */
function lineTo(target: Target, place: number, { host, settings, log }: Surroundings): Line {
  const { destination } = target;
  if (isHeardAt("commit.pushed", destination, settings.topics) && !target["no-stomp-git-3.20"])
    throw new Failure(
      "CONFIG_INVALID",
      `Cannot send beats to ${destination}: commits are told there, and stomp-git 3.20 dies of a beat; where none of that version listens, say \`no-stomp-git-3.20: true\``,
    );
  const login = target.login && {
    login: target.login.user,
    passcode: readSecret(
      target.login.passcode,
      `the login ${target.login.user} of keepalive`,
      settings,
    ).reveal(),
  };
  return {
    target,
    name: nameFor(target),
    connect: async () => {
      const { stompBus } = await import("../lib/bus/stomp.ts");
      return stompBus({
        addresses: as(login, parseAddresses(target.bus ?? busAddress(settings))),
        clientId: `keepalive-${place}.${host}`,
        wait: false,
        publishTimeout: PATIENCE,
        log,
      });
    },
    bus: undefined,
    due: 0,
  };
}

/** A target for people. */
function nameFor({ destination, bus, login }: Target): string {
  const who = login === undefined ? "" : ` as ${login.user}`;
  return `${destination}${who}${bus === undefined ? "" : ` at ${parseAddresses(bus).brokers.map(nameOf).join(", ")}`}`;
}

type Login = Pick<BrokerAddress, "login" | "passcode">;

/** The same brokers, to each of which we are somebody else. */
function as(login: Login | undefined, addresses: BrokerAddresses): BrokerAddresses {
  const [first, ...others] = addresses.brokers;
  return {
    ...addresses,
    brokers: [{ ...first, ...login }, ...others.map((each) => ({ ...each, ...login }))],
  };
}

/** Sends one beat; what stands in the way is told once, and tried again later and later. */
async function beat(line: Line, here: Here): Promise<Message[]> {
  const { deps, log, now } = here;
  const { destination, every } = line.target;
  try {
    line.bus ??= await line.connect();
    await line.bus.publish({ destination, ...BEAT });
    line.due = now().getTime() + every;
    return deps.failing.succeeded(line) ? [event(`beats go to ${line.name} again`, here)] : [];
  } catch (error) {
    await hangUp(line);
    if (!deps.failing.failed(line, now())) return [];
    log.warn({ error, destination }, `no beat goes to ${line.name}: ${reasonOf(error)}`);
    return [event(`no beat goes to ${line.name}: ${reasonOf(error)}`, here)];
  }
}

async function hangUp(line: Line): Promise<void> {
  const { bus } = line;
  line.bus = undefined;
  await bus?.drain().catch(() => undefined);
}

const event = (text: string, { host, now }: Here): Message =>
  message("event.said", {
    source: "keepalive",
    text: `${host}: ${text}`.slice(0, 2_000),
    at: now().toISOString(),
  });
