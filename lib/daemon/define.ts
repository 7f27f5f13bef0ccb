import type { z } from "zod";
import type { SharedSettings } from "../config/settings.ts";
import type { Answered, Asked, Listening } from "../effects/http-server.ts";
import type { Log } from "../log.ts";
import type { Data, Message, MessageType } from "../messages/catalogue.ts";
import type { Envelope } from "../messages/envelope.ts";
import type { HostName } from "../schema/names.ts";

/** What everything on one host, or in one process, has in common. */
export interface Surroundings {
  readonly host: HostName;
  readonly settings: SharedSettings;
  readonly log: Log;
}

/** Everything that a handler may touch. What is not here, it cannot reach. */
export interface Context<Config, Deps> extends Surroundings {
  readonly config: Config;
  readonly deps: Deps;
  readonly now: () => Date;
  /** Aborted when the time to drain is over: long work must give up cleanly. */
  readonly signal: AbortSignal;
}

type Later<Value> = Value | Promise<Value>;

/** A list of messages, or a generator of them: what is yielded is published at once. */
export type Replies = Iterable<Message> | AsyncIterable<Message>;

/** An answer over HTTP, and what is to be said before it is given. */
export interface Response {
  readonly answer: Answered;
  readonly messages: Replies;
}

type Handlers<Config, Deps> = {
  readonly [Type in MessageType]?: (
    data: Data<Type>,
    context: Context<Config, Deps>,
    envelope: Envelope<Type>,
  ) => Later<Replies>;
};

/** A daemon is a function from messages and ticks to messages. */
export interface Daemon<Config = unknown, Deps = unknown> {
  readonly name: string;
  readonly summary: string;
  /** Its section of the configuration; also its documentation. */
  readonly config: z.ZodType<Config>;
  /** Opens what its handlers work with. Tests pass their own. */
  readonly deps?: (config: Config, surroundings: Surroundings) => Later<Deps>;
  /** Whether what it works with lasts as long as the process: a new configuration takes effect at the next start. */
  readonly fixed?: boolean;
  /** Closes it again. */
  readonly dispose?: (deps: Deps) => Later<void>;
  /** The keys are the subscriptions. */
  readonly on?: Handlers<Config, Deps>;
  /** How many messages of one destination are handled at once; 1 keeps their order. */
  readonly concurrency?: number | ((config: Config) => number);
  /** Brings its state up to date: run at the start, and whenever a connection was made anew. */
  readonly reconcile?: (context: Context<Config, Deps>) => Later<Replies>;
  /** Whether there is anything for it to do: `skein up` leaves it out otherwise. It counts as true where it is left out. */
  readonly wanted?: (config: Config, settings: SharedSettings) => boolean;
  /** Answers over HTTP: its messages are published first, so that whoever is told 2xx need not ask again. */
  readonly serve?: {
    /** Where; nowhere where it is undefined. */
    readonly at: (config: Config, settings: SharedSettings) => Listening | undefined;
    readonly answer: (asked: Asked, context: Context<Config, Deps>) => Later<Response>;
  };
  /** Runs again and again, `interval` milliseconds after it last ended. */
  readonly every?: {
    readonly interval: (config: Config) => number;
    readonly tick: (context: Context<Config, Deps>) => Later<Replies>;
  };
}

/** Defines a daemon; the types of its configuration and of what it works with flow into its handlers. */
export function defineDaemon<Config, Deps = undefined>(daemon: Daemon<Config, Deps>): Daemon<Config, Deps> {
  return daemon;
}
