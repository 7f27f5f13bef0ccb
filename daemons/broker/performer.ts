import { type Attachment, attach } from "./attachment.ts";
import type { Consumer, Outlet } from "./consumer.ts";
import { Deliveries, type Delivery } from "./deliveries.ts";
import type { Entry } from "./journal/entry.ts";
import type { Letter, Mailbox } from "./mailbox.ts";
import type { Message } from "./message.ts";
import { ProtocolError, quoted } from "./protocol-error.ts";
import { type Router, settlement } from "./router.ts";
import type { Effect, Subscription } from "./session.ts";
import type { Speaker } from "./speaker.ts";

/** What a frame does to topics and queues: what the journal must hold before the rest may happen. */
export interface Work {
  readonly entries: readonly Entry[];
  readonly finish: () => void;
  /** The journal failed: what was taken in hand goes back. */
  readonly undo: () => void;
}

type Settle = Extract<Effect, { do: "settle" }>;

const NOTHING = (): void => undefined;
const work = (entries: readonly Entry[], finish = NOTHING, undo = NOTHING): Work => ({
  entries,
  finish,
  undo,
});

/** Does, for one connection, what its frames ask of topics and queues. */
export class Performer implements Outlet {
  readonly #router: Router;
  readonly #speaker: Speaker;
  readonly #deliveries = new Deliveries();
  readonly #attachments = new Map<string, Attachment>();

  constructor(router: Router, speaker: Speaker) {
    this.#router = router;
    this.#speaker = speaker;
  }

  /** Begins what the effects of one frame ask for. Throws a ProtocolError, and has done nothing, where that cannot be. */
  begin(effects: readonly Effect[]): Work {
    const [only] = effects;
    // By far the most frames ask for just this.
    if (effects.length === 1 && only?.do === "send") {
      const { entries, deliver } = this.#router.route(only.message);
      return work(entries, deliver);
    }
    for (const effect of effects) if (effect.do === "settle") this.#mustBeOpen(effect.delivery);
    const routes = effects
      .filter((effect) => effect.do === "send")
      .map(({ message }) => this.#router.route(message));
    const sends = routes.map(({ entries, deliver }) => work(entries, deliver));
    const others = effects.filter((effect) => effect.do !== "send");
    // What is acknowledged together with what is sent happens only if the sending does (STOMP 1.2 "COMMIT").
    const parts = [...sends, ...others.map((effect) => this.#begin(effect, sends.length > 0))];
    return {
      entries: parts.flatMap(({ entries }) => entries),
      finish: () => parts.forEach(({ finish }) => finish()),
      undo: () => parts.forEach(({ undo }) => undo()),
    };
  }

  /** Takes what was left waiting while the connection was congested. */
  pump(): void {
    for (const attachment of this.#attachments.values()) attachment.pump();
  }

  /** Closes all subscriptions; what was not acknowledged goes to others (STOMP 1.2 "ack Header"). */
  leave(): void {
    for (const attachment of this.#attachments.values()) attachment.leave();
    this.#attachments.clear();
    const byMailbox = new Map<Mailbox, Letter[]>();
    for (const { letter } of this.#deliveries.takeAll()) {
      const letters = byMailbox.get(letter.mailbox) ?? [];
      letters.push(letter);
      byMailbox.set(letter.mailbox, letters);
    }
    for (const [mailbox, letters] of byMailbox) this.#router.giveBack(mailbox, letters);
  }

  get congested(): boolean {
    return this.#speaker.congested;
  }

  deliver(subscription: Subscription, message: Message, letter?: Letter): void {
    this.#speaker.message(subscription, message, letter);
  }

  keep(letter: Letter, consumer: Consumer): void {
    this.#deliveries.keep({ letter, consumer });
  }

  spend(letter: Letter): void {
    this.#router.spend(letter);
  }

  giveUp(): void {
    this.#speaker.cut("it acknowledges too slowly");
  }

  #mustBeOpen(delivery: string): void {
    if (!this.#deliveries.has(delivery)) throw new ProtocolError(`no delivery ${quoted(delivery)} is open`);
  }

  #begin(effect: Exclude<Effect, { do: "send" }>, later: boolean): Work {
    if (effect.do === "settle") return this.#settle(effect, later);
    if (effect.do === "subscribe") return this.#subscribe(effect.subscription);
    if (effect.do === "unsubscribe") return this.#unsubscribe(effect.id);
    return work(this.#router.forget(effect.durable));
  }

  #subscribe(subscription: Subscription): Work {
    const attachment = attach(subscription, this.#router, this);
    this.#attachments.set(subscription.id, attachment);
    return work(attachment.entries, attachment.recorded);
  }

  /** What the subscription has not acknowledged stays with the connection: it may finish what it has in hand. */
  #unsubscribe(id: string): Work {
    this.#attachments.get(id)?.leave();
    this.#attachments.delete(id);
    return work([]);
  }

  #settle({ delivery, taken }: Settle, later: boolean): Work {
    const deliveries = this.#deliveries.take(delivery);
    const entries = taken ? deliveries.flatMap(({ letter }) => settlement(letter)) : [];
    const finish = () => this.#conclude(deliveries, taken);
    if (later) return work(entries, finish, () => this.#conclude(deliveries, false));
    finish();
    return work(entries);
  }

  #conclude(deliveries: readonly Delivery[], taken: boolean): void {
    const [first] = deliveries;
    if (first === undefined) return;
    const { consumer } = first;
    const letters = deliveries.map(({ letter }) => letter);
    consumer.release(deliveries.length);
    if (taken) for (const letter of letters) this.#router.settle(letter);
    else this.#router.giveBack(consumer.mailbox, letters);
    consumer.mailbox.pump();
  }
}
