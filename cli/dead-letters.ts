import { createHash, randomUUID } from "node:crypto";
import type { Delivery } from "../lib/bus/bus.ts";
import { deadLetters } from "../lib/messages/destinations.ts";
import type { Session } from "./session.ts";

/** A message that nobody could take, as it lies in the dead letters. */
export interface DeadLetter {
  /** The same each time that it is looked at. */
  readonly id: string;
  readonly meantFor: string;
  readonly code: string;
  readonly reason: string;
  /** What its sender said about it. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** Letters that are looked at in one go. */
export const MOST = 1_000;
/** How long the broker may hand out nothing before what came is taken for all. */
const SILENCE = 5_000;
const MARK = "skein-end-of-letters";
/** What brokers say of a delivery, and what was said of why it is here. */
const NOT_ITS_OWN =
  /^(?:destination|subscription|message-id|ack|redelivered|content-length|persistent|timestamp|expires|priority|original-destination|x-delivery-count|skein-code|skein-reason)$/;

/**
 * Goes through the dead letters, the oldest first: those for which `take` answers with true are gone then, all others stay.
 * Whoever goes through them at the same time sees others.
 */
export async function goThrough(
  { bus, settings }: Pick<Session, "bus" | "settings">,
  take: (letter: DeadLetter) => Promise<boolean>,
): Promise<readonly DeadLetter[]> {
  const destination = deadLetters(settings.topics);
  const mark = randomUUID();
  const held: { readonly letter: DeadLetter; readonly answer: (taken: boolean) => void }[] = [];
  let isOver = false;
  let end: () => void = () => undefined;
  const over = new Promise<void>((resolve) => (end = resolve));
  const silent = setTimeout(() => end(), SILENCE);
  const heard = () => {
    silent.refresh();
    if (isOver || held.length >= MOST) end();
  };
  const interest = { destination, kind: "work", name: "dead", concurrency: MOST + 1 } as const;
  const subscription = await bus.subscribe(interest, async (delivery) => {
    const marked = delivery.headers[MARK];
    if (marked !== undefined) {
      // One of somebody who looked before, and was killed, is of no use to anybody.
      isOver ||= marked === mark;
      heard();
      return;
    }
    const taken = new Promise<boolean>((answer) => held.push({ letter: letterOf(delivery), answer }));
    heard();
    if (!(await taken)) throw new Error("It stays");
  });
  // What lies in the queue comes before what is sent to it now.
  await bus.publish({ destination, headers: { [MARK]: mark }, body: new Uint8Array(), persistent: false });
  await over;
  clearTimeout(silent);
  // From here on nothing more is handed out: what stays would come again at once.
  await subscription.cancel();
  for (const { letter, answer } of held) answer(await take(letter).catch(() => false));
  return held.map(({ letter }) => letter);
}

function letterOf({ headers, body }: Delivery): DeadLetter {
  const own = Object.fromEntries(
    Object.entries(headers)
      .filter(([name]) => !NOT_ITS_OWN.test(name))
      .toSorted(([one], [other]) => (one < other ? -1 : 1)),
  );
  const {
    "original-destination": meantFor = "",
    "skein-code": code = "",
    "skein-reason": reason = "",
  } = headers;
  const digest = createHash("sha256")
    .update(JSON.stringify([meantFor, own]))
    .update(body)
    .digest("hex");
  return { id: digest.slice(0, 12), meantFor, code, reason, headers: own, body };
}
