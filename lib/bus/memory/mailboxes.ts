import type { Interest, Outgoing } from "../bus.ts";
import { isQueue, matches } from "../wildcards.ts";
import { type Mailbox, mailbox } from "./mailbox.ts";

/** Every mailbox of a hub: one for each queue, for each durable name on a topic, and for each other subscription. */
export interface Mailboxes {
  readonly put: (outgoing: Outgoing) => void;
  readonly open: (interest: Interest) => OpenMailbox;
}

/** A mailbox as one subscription sees it. */
export interface OpenMailbox {
  readonly box: Mailbox;
  /** Ends it, unless others use it or it has to wait for the next of its name. */
  readonly close: () => void;
}

interface TopicMailbox {
  readonly pattern: string;
  readonly box: Mailbox;
}

/** No mailboxes yet. */
export function mailboxes(): Mailboxes {
  const queues = new Map<string, Mailbox>();
  const durables = new Map<string, TopicMailbox>();
  const plain = new Set<TopicMailbox>();

  const queue = (destination: string): Mailbox => kept(queues, destination, mailbox);

  return {
    put: ({ destination, headers, body }) => {
      const delivery = { destination, headers, body, redelivered: false };
      if (isQueue(destination)) queue(destination).put(delivery);
      else
        for (const { pattern, box } of [...durables.values(), ...plain])
          if (matches(pattern, destination)) box.put(delivery);
    },
    open: ({ destination, kind, name }) => {
      if (isQueue(destination)) return { box: queue(destination), close: () => undefined };
      const fresh = () => ({ pattern: destination, box: mailbox() });
      if (kind === "durable")
        return { box: kept(durables, `${name} ${destination}`, fresh).box, close: () => undefined };
      const own = fresh();
      plain.add(own);
      return { box: own.box, close: () => plain.delete(own) };
    },
  };
}

function kept<Value>(map: Map<string, Value>, key: string, make: () => Value): Value {
  const value = map.get(key) ?? make();
  map.set(key, value);
  return value;
}
