import { Failure } from "../failure.ts";
import { type Reconnecting, reconnecting } from "./reconnecting.ts";

const DEFAULT_PORTS = { stomp: 61613, "stomp+ssl": 61614, ws: 80, wss: 443 } as const;

/** One broker: where it listens, and who we are to it. */
export interface BrokerAddress {
  readonly scheme: keyof typeof DEFAULT_PORTS;
  readonly host: string;
  readonly port: number;
  /** Of a WebSocket its path, of a STOMP address the virtual host; empty where the address has none. */
  readonly path: string;
  readonly login?: string;
  readonly passcode?: string;
}

/** The brokers of one address, and how to go about reaching them. */
export interface BrokerAddresses extends Reconnecting {
  readonly brokers: readonly [BrokerAddress, ...BrokerAddress[]];
}

const FAILOVER = /^failover:(?:\/\/)?\((?<brokers>.*)\)(?:\?(?<options>[^?()]*))?$/s;
const SINGLE = /^(?<brokers>.*?)(?:\?(?<options>[^?@]*))?$/s;
const BROKER =
  /^(?<scheme>[a-z+]+):\/\/(?:(?<user>.*)@)?(?<host>\[[0-9a-f:.]+\]|[a-z0-9_.-]+)(?::(?<port>\d{1,5}))?(?<path>\/[^?#\s]*)?$/is;
/** Only a comma before the next scheme parts two brokers: passcodes may hold commas. */
const BETWEEN_BROKERS = /,(?=\s*[a-z+]+:\/\/)/i;

/**
 * Reads an address: one broker, or several in the failover form of ActiveMQ.
 * @throws {Failure} BROKER_ADDRESS, which never quotes the address: there may be a passcode in it
 */
export function parseAddresses(address: string): BrokerAddresses {
  const failover = FAILOVER.exec(address.trim());
  const { brokers = "", options = "" } = (failover ?? SINGLE.exec(address.trim()))?.groups ?? {};
  const [first = "", ...others] = failover === null ? [brokers] : brokers.split(BETWEEN_BROKERS);
  return {
    ...reconnecting(options),
    brokers: [
      parseBroker(first.trim(), 1),
      ...others.map((each, index) => parseBroker(each.trim(), index + 2)),
    ],
  };
}

function parseBroker(text: string, place: number): BrokerAddress {
  const { scheme = "", user, host = "", port, path = "" } = BROKER.exec(text)?.groups ?? {};
  const known = scheme.toLowerCase();
  if (!isScheme(known) || Number(port) > 65_535 || port === "0")
    throw new Failure(
      "BROKER_ADDRESS",
      `Cannot read the broker address: broker ${place} of it must be like stomp://HOST:PORT, stomp+ssl://, ws:// or wss://`,
    );
  return {
    scheme: known,
    host: host.replace(/^\[|\]$/g, ""),
    port: Number(port ?? DEFAULT_PORTS[known]),
    path: path === "/" ? "" : path,
    ...(user === undefined ? {} : credentials(user)),
  };
}

const isScheme = (scheme: string): scheme is BrokerAddress["scheme"] => Object.hasOwn(DEFAULT_PORTS, scheme);

function credentials(user: string): Pick<BrokerAddress, "login" | "passcode"> {
  const [login = "", ...passcode] = user.split(":");
  return {
    login: decoded(login),
    ...(passcode.length === 0 ? {} : { passcode: decoded(passcode.join(":")) }),
  };
}

/** A passcode that was not percent-encoded may hold a lone percent sign. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** One broker for people: without who we are to it. */
export function nameOf({ scheme, host, port, path }: BrokerAddress): string {
  return `${scheme}://${host.includes(":") ? `[${host}]` : host}:${port}${path}`;
}

/** A whole address for people: its brokers, without logins and passcodes. */
export function redacted(address: string): string {
  try {
    return parseAddresses(address).brokers.map(nameOf).join(", ");
  } catch {
    return "an unreadable address";
  }
}
