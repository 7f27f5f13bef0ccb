import { Consumer, type Outlet } from "./consumer.ts";
import type { Entry } from "./journal/entry.ts";
import type { Mailbox } from "./mailbox.ts";
import type { Message } from "./message.ts";
import type { Router } from "./router.ts";
import type { Subscription } from "./session.ts";

/** An open subscription, tied to where its messages come from. */
export interface Attachment {
  /** What the journal must know of it. */
  readonly entries: readonly Entry[];
  /** To be called when the journal knows it. */
  readonly recorded: () => void;
  /** Takes what was left waiting while the connection was congested. */
  readonly pump: () => void;
  readonly leave: () => void;
}

const NOTHING = (): void => undefined;
const UNRECORDED = { entries: [], recorded: NOTHING };

/** Opens a subscription of a connection. */
export function attach(subscription: Subscription, router: Router, outlet: Outlet): Attachment {
  const { destination, ack, durable } = subscription;
  if (destination.kind === "queue") return consume(router.queue(destination));
  if (durable !== undefined) {
    const { mailbox, entries, recorded } = router.durable(durable, destination);
    return { ...consume(mailbox), entries, recorded };
  }
  return ack === "auto" ? listen() : consumePassing();

  function consume(mailbox: Mailbox): Attachment {
    const consumer = new Consumer(subscription, mailbox, outlet);
    mailbox.attach(consumer);
    return { ...UNRECORDED, pump: () => mailbox.pump(), leave: () => router.leave(consumer) };
  }

  /** Without acknowledgements, nothing is kept for the subscriber: what comes goes out. */
  function listen(): Attachment {
    const listener = { put: (message: Message) => outlet.deliver(subscription, message) };
    router.listen(destination, listener);
    return { ...UNRECORDED, pump: NOTHING, leave: () => router.ignore(destination, listener) };
  }

  /** With acknowledgements, deliveries wait for their turn and can be given back, while the subscription is open. */
  function consumePassing(): Attachment {
    const mailbox = router.passing(destination, () => outlet.giveUp());
    const leave = () => {
      router.ignore(destination, mailbox);
      mailbox.dissolve();
    };
    return { ...consume(mailbox), leave };
  }
}
