import type { Bus, Delivery, Interest, Receive } from "../bus/bus.ts";
import { pause } from "../effects/clock.ts";
import { codeOf, Failure, reasonOf } from "../failure.ts";
import { catalogue, type Data, type Message, type MessageType } from "../messages/catalogue.ts";
import { deadLetters, heardAt, isHeardAt, type Topics } from "../messages/destinations.ts";
import { withoutPassword } from "../messages/dialect/access-text.ts";
import { enclose, type Envelope } from "../messages/envelope.ts";
import { read, write } from "../messages/wire.ts";
import type { Context, Daemon, Replies } from "./define.ts";

/** How a daemon's messages go out. */
export interface Answer {
  readonly bus: Pick<Bus, "publish">;
  readonly topics: Topics;
  readonly source: string;
  readonly now: () => Date;
}

/** Tries of a handler that fails for a reason that may pass, in milliseconds after the one before. */
const RETRIES = [500, 2_000, 8_000] as const;

/** What a daemon subscribes to: each destination once, for all the types that come over it. */
export function interestsIn(
  types: readonly MessageType[],
  name: string,
  host: string,
  topics: Topics,
  concurrency = 1,
): Interest[] {
  const interests = new Map<string, Interest>();
  for (const type of types) {
    const destination = heardAt(type, topics, host);
    const kind = interests.get(destination)?.kind === "durable" ? "durable" : catalogue[type].kind;
    interests.set(destination, { destination, kind, name: `${name}.${host}`, concurrency });
  }
  return [...interests.values()];
}

/** Publishes every reply, then (by resolving) lets the cause be acknowledged: a crash in between repeats, never loses. */
export async function sayAll(answer: Answer, replies: Replies, cause?: Envelope): Promise<void> {
  for await (const reply of replies) await say(answer, reply, cause);
}

/** Publishes one message. */
export async function say(
  { bus, topics, source, now }: Answer,
  reply: Message,
  cause?: Envelope,
): Promise<Envelope> {
  const envelope = enclose(reply, { source, now: now(), cause });
  for (const frame of write(envelope, topics)) await bus.publish(frame);
  return envelope;
}

/** Takes deliveries for a daemon: decodes, handles, retries, and sets aside what nobody can handle. */
export function receiver<Config, Deps>(
  daemon: Daemon<Config, Deps>,
  context: () => Context<Config, Deps>,
  answer: Answer,
): Receive {
  return async (delivery) => {
    try {
      const { topics, now } = answer;
      const envelope = read(delivery, { topics, now: now() });
      if (envelope === undefined || !Object.hasOwn(daemon.on ?? {}, envelope.type)) return;
      insistHeardAt(delivery.destination, envelope, topics, context().host);
      await persistently(() => handle(daemon, envelope, context(), answer), context().signal);
    } catch (error) {
      if (context().signal.aborted) throw error;
      if (codeOf(error) === "MESSAGE_UNKNOWN") return;
      context().log.error(
        { error, destination: delivery.destination },
        `message set aside: ${reasonOf(error)}`,
      );
      await setAside(delivery, error, answer);
    }
  };
}

/** What a sender may say is decided by where he may publish: a type counts only where it is heard. */
function insistHeardAt(destination: string, { type }: Envelope, topics: Topics, host: string): void {
  if (isHeardAt(type, destination, topics, host)) return;
  throw new Failure(
    "MESSAGE_MISPLACED",
    `Cannot take ${/^[aeiou]/.test(type) ? "an" : "a"} ${type} from ${destination}: it is heard at ${heardAt(type, topics, host)}`,
  );
}

type Handler<Type extends MessageType, Config, Deps> = (
  data: Data<Type>,
  context: Context<Config, Deps>,
  envelope: Envelope<Type>,
) => Replies | Promise<Replies>;

async function handle<Config, Deps, Type extends MessageType>(
  daemon: Daemon<Config, Deps>,
  envelope: Envelope<Type>,
  context: Context<Config, Deps>,
  answer: Answer,
): Promise<void> {
  const handler = daemon.on?.[envelope.type] as Handler<Type, Config, Deps> | undefined;
  if (handler === undefined) return;
  await sayAll(answer, await handler(envelope.data, context, envelope), envelope as Envelope);
}

async function persistently(work: () => Promise<void>, signal: AbortSignal): Promise<void> {
  for (const delay of RETRIES) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof Failure && error.transient)) throw error;
      await pause(delay, signal);
    }
  }
  return work();
}

async function setAside(delivery: Delivery, error: unknown, { bus, topics }: Answer): Promise<void> {
  await bus.publish({
    destination: deadLetters(topics),
    headers: {
      "content-type": delivery.headers["content-type"] ?? "application/octet-stream",
      "original-destination": delivery.destination,
      "skein-code": codeOf(error) ?? "UNEXPECTED",
      "skein-reason": reasonOf(error).slice(0, 500),
    },
    body: withoutPassword(delivery.body),
    persistent: true,
  });
}
