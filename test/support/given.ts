import type { z } from "zod";
import { sharedSettings } from "../../lib/config/settings.ts";
import type { Context, Daemon, Replies } from "../../lib/daemon/define.ts";
import type { Answered, Asked } from "../../lib/effects/http-server.ts";
import type { Data, Message, MessageType } from "../../lib/messages/catalogue.ts";
import { enclose, parseData } from "../../lib/messages/envelope.ts";
import { hostName } from "../../lib/schema/names.ts";
import { type SaidLine, tellingLog } from "./logs.ts";

/** What a daemon is given: settings and its own section as a person writes them, and what it works with. */
interface Circumstances<Deps> {
  readonly settings?: z.input<typeof sharedSettings>;
  readonly config?: unknown;
  /** What it opens itself, where this is left out. */
  readonly deps?: Deps;
  readonly signal?: AbortSignal;
  readonly now?: () => Date;
}

/** A daemon whose handlers are called by hand; the replies of each call are collected. */
export interface Given<Config, Deps> {
  readonly when: <Type extends MessageType>(type: Type, data: Data<Type>) => Promise<Message[]>;
  readonly tick: () => Promise<Message[]>;
  readonly reconcile: () => Promise<Message[]>;
  /** Asks it over HTTP, as it were; what it would say is among the messages. */
  readonly ask: (
    asked: Partial<Asked>,
  ) => Promise<{ readonly answer: Answered; readonly messages: Message[] }>;
  readonly context: () => Promise<Context<Config, Deps>>;
  readonly logged: readonly SaidLine[];
}

/** A daemon in some circumstances. Every reply must be what the catalogue says, as it must for whoever hears it. */
export function given<Config, Deps>(
  daemon: Daemon<Config, Deps>,
  {
    settings = {},
    config = {},
    deps,
    signal = new AbortController().signal,
    now = () => new Date(),
  }: Circumstances<Deps> = {},
): Given<Config, Deps> {
  const logged: SaidLine[] = [];
  const open = async (): Promise<Context<Config, Deps>> => {
    const surroundings = {
      host: hostName.parse("web1"),
      settings: sharedSettings.parse(settings),
      log: tellingLog(logged),
    };
    const section = daemon.config.parse(config);
    const own = await (deps ?? daemon.deps?.(section, surroundings));
    const opened = own as Deps;
    return { ...surroundings, config: section, deps: opened, now, signal };
  };
  let opened: Promise<Context<Config, Deps>> | undefined;
  const context = () => (opened ??= open());
  return {
    when: async (type, data) => {
      const envelope = enclose({ type, data }, { source: "//test/given", now: new Date() });
      const handler = daemon.on?.[type];
      return handler === undefined ? [] : collect(await handler(data, await context(), envelope));
    },
    tick: async () => collect((await daemon.every?.tick(await context())) ?? []),
    reconcile: async () => collect((await daemon.reconcile?.(await context())) ?? []),
    ask: async (asked) => {
      const whole = {
        method: "POST",
        path: "/",
        query: new URLSearchParams(),
        headers: {},
        body: Buffer.alloc(0),
      };
      const response = await daemon.serve?.answer({ ...whole, ...asked }, await context());
      if (response === undefined) throw new Error(`${daemon.name} answers nothing over HTTP`);
      return { answer: response.answer, messages: await collect(response.messages) };
    },
    context,
    logged,
  };
}

async function collect(replies: Replies): Promise<Message[]> {
  const collected: Message[] = [];
  for await (const reply of replies) {
    parseData(reply.type, reply.data);
    collected.push(reply);
  }
  return collected;
}

/** The data of those messages that are of a type. */
export const dataOf = <Type extends MessageType>(type: Type, messages: readonly Message[]): Data<Type>[] =>
  messages.flatMap((each) => (each.type === type ? [each.data as Data<Type>] : []));
