import { readFileSync } from "node:fs";
import { connect as connectPlain, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { reasonOf } from "../../failure.ts";
import type { Secret } from "../../schema/secret.ts";
import { pause } from "../clock.ts";
import { type IrcLine, ircLine, ircPieces, readIrcLine } from "./irc-line.ts";
import { failed, type Outcome, type Sender, SENT } from "./sender.ts";

/** A server of IRC, who we are there, and where we talk. */
export interface IrcRoute {
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
  /** A file of certificates to trust instead of those of the system. */
  readonly ca?: string | undefined;
  readonly nick: string;
  readonly channels: readonly string[];
  /** That of the server. */
  readonly password?: Secret | undefined;
  readonly sasl?: { readonly user: string; readonly password: Secret } | undefined;
  /** For IDENTIFY to NickServ. */
  readonly nickserv?: Secret | undefined;
  /** Milliseconds to connect, to be let in, and for each answer. */
  readonly deadline: number;
  /** Milliseconds between two lines, once a few were sent at once: a server puts out who floods. */
  readonly pace: number;
}

const BURST = 4;
const MOST_PIECES = 4;
/** What a server that never ends a line may send. */
const MOST_UNREAD = 64 * 1024;
const MOST_NICKS = 5;

/** Says text in channels of IRC. The connection is kept, so that people see one bot that stays. */
export function ircSender(route: IrcRoute): Sender<{ readonly text: string }> {
  let link: Promise<Link> | undefined;
  const linked = async (signal: AbortSignal): Promise<Link> => {
    const former = await link?.catch(() => undefined);
    if (former?.open() === true) return former;
    link = enter(route, signal);
    return link;
  };
  return {
    send: async ({ text }, signal): Promise<Outcome> => {
      try {
        const { say } = await linked(signal);
        for (const channel of route.channels) await say(channel, text, signal);
        return SENT;
      } catch (error) {
        // Whatever it was, a new connection finds out what is true now.
        link?.then(({ quit }) => quit()).catch(() => undefined);
        link = undefined;
        return failed(reasonOf(error));
      }
    },
    close: () => void link?.then(({ quit }) => quit()).catch(() => undefined),
  };
}

interface Link {
  readonly open: () => boolean;
  readonly say: (channel: string, text: string, signal: AbortSignal) => Promise<void>;
  readonly quit: () => void;
}

/** Connects, logs in and joins. */
async function enter(route: IrcRoute, signal: AbortSignal): Promise<Link> {
  const line = await dial(route, signal);
  try {
    await register(line, route);
    for (const channel of route.channels) await join(line, channel);
  } catch (error) {
    line.hangUp();
    throw error;
  }
  let sent = 0;
  let lastSent = 0;
  const say = async (channel: string, text: string, ending: AbortSignal) => {
    for (const piece of ircPieces(channel, text, MOST_PIECES)) {
      sent = Date.now() - lastSent > route.pace * BURST ? 0 : sent;
      if (sent >= BURST) await pause(route.pace, ending);
      if (ending.aborted) throw new Error("it was told to stop");
      line.write(ircLine("PRIVMSG", channel, piece));
      sent += 1;
      lastSent = Date.now();
    }
    await confirmed(line, channel);
  };
  return { open: line.open, say, quit: () => line.hangUp(ircLine("QUIT", "skein leaves")) };
}

/** The server answers in order: once it has answered a PING, it has done, or refused, all that came before. */
async function confirmed(line: Line, channel: string): Promise<void> {
  const token = `skein-${Date.now()}`;
  line.write(ircLine("PING", token));
  await line.hear(({ command, parameters }) => {
    // 401, 403, 404: no such nick, no such channel, cannot send to it, as when it was put out.
    if (/^40[134]$/.test(command))
      throw new Error(`${channel} takes nothing: ${parameters.at(-1) ?? command}`);
    return command === "PONG" && parameters.at(-1) === token;
  });
}

/** Gets let in. What a server answers to several questions comes in any order, so one look takes all of it. */
async function register(line: Line, { nick, password, sasl, nickserv }: IrcRoute): Promise<void> {
  if (sasl !== undefined) line.write("CAP REQ :sasl");
  if (password !== undefined) line.write(ircLine("PASS", password.reveal()));
  line.write(ircLine("NICK", nick));
  line.write(`USER ${nick.slice(0, 9)} 0 * :skein`);
  let tries = 1;
  let known = sasl === undefined;
  await line.hear(({ command, parameters }) => {
    const said = parameters.at(-1) ?? command;
    switch (command) {
      case "433": // The nick is in use, or was a moment ago.
      case "436":
      case "437":
        if (tries === MOST_NICKS) throw new Error(`every nick like ${nick} is in use`);
        tries += 1;
        line.write(ircLine("NICK", `${nick.slice(0, 8)}${tries}`));
        return false;
      case "432":
        throw new Error(`it does not allow the nick ${nick}`);
      case "464": // ERR_PASSWDMISMATCH and ERR_YOUREBANNEDCREEP
      case "465":
      case "902": // the four ways in which SASL fails
      case "904":
      case "905":
      case "906":
        throw new Error(`the login is refused: ${said}`);
      case "CAP":
        if (parameters[1] === "ACK") line.write("AUTHENTICATE PLAIN");
        if (parameters[1] === "NAK") throw new Error("it does not know SASL");
        return false;
      case "AUTHENTICATE":
        if (sasl !== undefined) for (const each of saslPlain(sasl.user, sasl.password)) line.write(each);
        return false;
      case "903":
        known = true;
        line.write("CAP END");
        return false;
      case "001":
        if (!known) throw new Error("it does not know SASL");
        return true;
      default:
        return false;
    }
  });
  if (nickserv !== undefined) line.write(ircLine("PRIVMSG", "NickServ", `IDENTIFY ${nickserv.reveal()}`));
}

/** RFC 4616, as IRCv3 carries it: in pieces of 400; a piece that is full is followed by another, if by an empty one. */
function saslPlain(user: string, password: Secret): string[] {
  const response = Buffer.from(`\0${user}\0${password.reveal()}`).toString("base64");
  const pieces = response.match(/.{1,400}/g) ?? [];
  return [...pieces, ...(response.length % 400 === 0 ? ["+"] : [])].map((piece) => `AUTHENTICATE ${piece}`);
}

async function join(line: Line, channel: string): Promise<void> {
  line.write(`JOIN ${channel}`);
  await line.hear(({ command, parameters }) => {
    const about = parameters.some((each) => each.toLowerCase() === channel.toLowerCase());
    // 403, 405, 471, 473 to 476: no such channel, too many, full, by invitation only, banned, needs a key, bad mask.
    if (about && /^(40[35]|47[13-6])$/.test(command))
      throw new Error(`${channel} cannot be joined: ${parameters.at(-1)}`);
    // 366: the end of the list of names, which follows every JOIN that was let in.
    return about && command === "366";
  });
}

interface Line {
  readonly open: () => boolean;
  readonly write: (text: string) => void;
  /** Takes lines until one fits; what the look throws ends it. */
  readonly hear: (fits: (line: IrcLine) => boolean) => Promise<void>;
  readonly hangUp: (last?: string) => void;
}

/** A connection that answers PING by itself. */
async function dial(route: IrcRoute, signal: AbortSignal): Promise<Line> {
  const { host, port, tls, ca, deadline } = route;
  const socket: Socket = tls
    ? connectTls({
        host,
        port,
        ...(/^[\d.:]+$/.test(host) ? {} : { servername: host }),
        ...(ca === undefined ? {} : { ca: readFileSync(ca, "utf8") }),
      })
    : connectPlain({ host, port });
  const heard: IrcLine[] = [];
  let wake: () => void = () => undefined;
  let ended: string | undefined;
  let unread = "";
  const end = (reason: string) => {
    ended ??= reason;
    socket.destroy();
    wake();
  };
  socket.setEncoding("utf8").setKeepAlive(true, 60_000);
  socket.on("error", (error) => end(reasonOf(error)));
  socket.on("close", () => end("the connection ended"));
  socket.on("data", (chunk: string) => {
    unread += chunk;
    const lines = unread.split(/\r?\n/);
    unread = lines.pop() ?? "";
    if (unread.length > MOST_UNREAD) return end("it sends a line without end");
    for (const text of lines) {
      const line = readIrcLine(text);
      if (line === undefined) continue;
      if (line.command === "PING") socket.write(`${ircLine("PONG", ...line.parameters.slice(0, 1))}\r\n`);
      else if (line.command === "ERROR") ended ??= `it says ${line.parameters.at(-1) ?? "ERROR"}`;
      heard.push(line);
    }
    // What nobody waits for is chatter of the channels.
    heard.splice(0, heard.length - 1_000);
    wake();
  });
  const next = async (until: number): Promise<IrcLine> => {
    for (;;) {
      const line = heard.shift();
      if (line !== undefined) return line;
      if (ended !== undefined) throw new Error(ended);
      const left = until - Date.now();
      if (left <= 0) throw new Error(`no answer within ${deadline} ms`);
      const waiting = new AbortController();
      wake = () => waiting.abort();
      await pause(left, waiting.signal);
    }
  };
  const stop = () => end("it was told to stop");
  signal.addEventListener("abort", stop, { once: true });
  await new Promise<void>((resolve) => {
    const timer = setTimeout(() => end(`no connection within ${deadline} ms`), deadline);
    socket.once(tls ? "secureConnect" : "connect", resolve);
    socket.once("close", resolve);
    socket.once(tls ? "secureConnect" : "connect", () => clearTimeout(timer));
    socket.once("close", () => clearTimeout(timer));
  });
  signal.removeEventListener("abort", stop);
  if (ended !== undefined) throw new Error(ended);
  return {
    open: () => ended === undefined,
    write: (text) => void (ended === undefined && socket.write(`${text}\r\n`)),
    hear: async (fits) => {
      const until = Date.now() + deadline;
      while (!fits(await next(until)));
    },
    hangUp: (last) => {
      ended ??= "it was left";
      socket.end(last === undefined ? "" : `${last}\r\n`);
      setTimeout(() => socket.destroy(), 1_000).unref();
    },
  };
}
