import type { Buffer } from "node:buffer";
import { type Frame, frame as makeFrame } from "./codec/frame.ts";
import { step } from "./command.ts";
import { Performer, type Work } from "./performer.ts";
import { ProtocolError } from "./protocol-error.ts";
import { Reader } from "./reader.ts";
import { Sequence } from "./sequence.ts";
import type { Answer, Opening, Outcome, Session } from "./session.ts";
import { Speaker } from "./speaker.ts";
import { Timer } from "./timer.ts";
import type { Receiver, Transport } from "./transport.ts";
import { type Due, Watch } from "./watch.ts";
import type { World } from "./world.ts";

const FRAME_WEIGHT = 1024;

/** One client: its bytes become frames, its frames change its session, and what they ask for is done. */
export class Connection implements Receiver {
  readonly #transport: Transport;
  readonly #world: World;
  readonly #watch: Watch;
  readonly #timer: Timer;
  readonly #reader: Reader;
  readonly #speaker: Speaker;
  readonly #performer: Performer;
  readonly #sequence: Sequence;
  #session: Session = { state: "new" };
  #login = "";
  #refusal: NodeJS.Timeout | undefined;
  #refused = false;

  constructor(transport: Transport, world: World) {
    const { rules, router, journal, now } = world;
    this.#transport = transport;
    this.#world = world;
    this.#watch = new Watch(rules.limits, now());
    this.#reader = new Reader(rules.limits, this.#watch, now);
    this.#speaker = new Speaker(transport, rules.limits, {
      said: () => this.#watch.said(now()),
      cut: (reason) => this.#tell("warn", "client.cut", { reason }),
    });
    this.#performer = new Performer(router, this.#speaker);
    this.#sequence = new Sequence(journal, rules.limits.writeBuffer, {
      pause: () => transport.pause(),
      resume: () => {
        // What it sent meanwhile is still on its way to here.
        this.#watch.excuse(now());
        transport.resume();
      },
    });
    this.#timer = new Timer({
      due: () => this.#due(),
      beat: () => this.#speaker.beat(),
      drop: (reason) => this.#refuse(new ProtocolError(reason)),
    });
  }

  received(chunk: Buffer): void {
    if (this.#ended) return;
    try {
      for (const frame of this.#reader.frames(chunk)) {
        this.#obey(frame);
        if (this.#ended) return;
      }
    } catch (error) {
      if (error instanceof ProtocolError) this.#refuseInTurn(error);
      else this.#fail(error);
    }
  }

  drained(): void {
    this.#performer.pump();
  }

  closed(): void {
    if (this.#reader.midFrame && !this.#ended) this.#tell("warn", "frame.cut", {});
    this.#speaker.closed();
    this.quiet();
    clearTimeout(this.#refusal);
    this.#tell("info", "client.left", {});
  }

  /** Takes nothing more from the client; what was taken is still answered. */
  quiet(): void {
    this.#session = { state: "ended" };
    this.#timer.stop();
    this.#performer.leave();
  }

  /** Closes, without a word: STOMP has none for a broker that stops. */
  end(): void {
    this.quiet();
    this.#speaker.end();
  }

  get #ended(): boolean {
    return this.#session.state === "ended";
  }

  #obey(frame: Frame): void {
    const receipt = frame.headers.get("receipt");
    const outcome = step(this.#session, frame, this.#world.rules);
    const work = this.#begin(outcome, receipt);
    if (work === undefined) return;
    this.#session = outcome.session;
    if (this.#ended) this.quiet();
    const weight = FRAME_WEIGHT + frame.body.length;
    const done = (error?: Error) => {
      try {
        if (error !== undefined) this.#undo(work, receipt, error);
        else this.#finish(work, outcome.answers);
      } catch (bug) {
        this.#fail(bug);
      }
    };
    this.#sequence.run({ entries: work.entries, weight, done });
  }

  #begin({ effects }: Outcome, receipt: string | undefined): Work | undefined {
    try {
      return this.#performer.begin(effects);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.#refuseInTurn(error, receipt);
      return undefined;
    }
  }

  #finish(work: Work, answers: readonly Answer[]): void {
    // After a refusal nothing counts that came behind it, unless the journal has it already.
    if (this.#refused && work.entries.length === 0) {
      work.undo();
      return;
    }
    work.finish();
    for (const answer of answers) this.#answer(answer);
  }

  #undo(work: Work, receipt: string | undefined, error: Error): void {
    work.undo();
    // An acknowledgement that nobody waits for is written later: the journal remembers it.
    if (receipt === undefined && work.entries.every(({ kind }) => kind === "settled")) return;
    this.#refuse(new ProtocolError(`the journal cannot be written: ${error.message}`), receipt);
  }

  #answer(answer: Answer): void {
    switch (answer.say) {
      case "connected":
        this.#open(answer);
        break;
      case "receipt":
        this.#speaker.frame(makeFrame("RECEIPT", { "receipt-id": answer.id }));
        break;
      case "refused":
        this.#refuse(answer.error, answer.receipt);
        break;
      case "login-refused":
        this.#refuseLogin(answer.login, answer.receipt);
        break;
      case "bye":
        this.#speaker.end();
        break;
    }
  }

  #open({ session, frame, heartBeat }: Opening): void {
    this.#login = session.login;
    this.#reader.open(session.version);
    this.#speaker.version = session.version;
    this.#watch.open(heartBeat);
    this.#timer.again();
    this.#speaker.frame(frame);
    this.#tell("info", "client.joined", { version: session.version });
  }

  #refuseLogin(login: string | undefined, receipt: string | undefined): void {
    const { admission, now } = this.#world;
    const delay = admission.delayRefusal(this.#transport.address, now());
    this.#tell("warn", "login.refused", { as: login });
    const error = new ProtocolError("the login or the passcode is wrong");
    this.#refusal = setTimeout(() => this.#speaker.refuse(error, receipt), delay);
  }

  /** After all answers to what came before it. */
  #refuseInTurn(error: ProtocolError, receipt?: string): void {
    this.quiet();
    this.#sequence.run({ entries: [], weight: 0, done: () => this.#refuse(error, receipt) });
  }

  #refuse(error: ProtocolError, receipt?: string): void {
    if (this.#refused) return;
    this.quiet();
    this.#refused = true;
    this.#tell("warn", "client.refused", { reason: error.message });
    this.#speaker.refuse(error, receipt);
  }

  #fail(error: unknown): void {
    this.#tell("error", "broker.failed", { error });
    this.end();
  }

  #due(): Due {
    const now = this.#world.now();
    if (this.#sequence.paused) this.#watch.excuse(now);
    return this.#watch.due(now);
  }

  #tell(level: "info" | "warn" | "error", event: string, fields: Readonly<Record<string, unknown>>): void {
    this.#world.log({ level, event, address: this.#transport.address, login: this.#login, ...fields });
  }
}
