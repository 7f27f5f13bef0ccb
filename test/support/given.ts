import type { z } from "zod";
import { sharedSettings } from "../../lib/config/settings.ts";
import type { Context, Daemon, Replies } from "../../lib/daemon/define.ts";
import type { Log } from "../../lib/log.ts";
import type { Data, Message, MessageType } from "../../lib/messages/catalogue.ts";
import { enclose, parseData } from "../../lib/messages/envelope.ts";
import { hostName } from "../../lib/schema/names.ts";
import { type SaidLine, tellingLog } from "./logs.ts";

/** One daemon, called by hand: what it answers is collected. Nothing runs but what is called. */
export interface Given<Deps> {
  readonly when: <Type extends MessageType>(type: Type, data: Data<Type>) => Promise<Message[]>;
  readonly tick: () => Promise<Message[]>;
  readonly reconcile: () => Promise<Message[]>;
  readonly deps: Deps;
  readonly said: readonly SaidLine[];
  /** Time to drain is over. */
  readonly outOfTime: () => void;
  readonly dispose: () => Promise<void>;
}

interface Surroundings<Deps> {
  /** What all share: `state`, `repositories`, … */
  readonly settings: z.input<typeof sharedSettings>;
  readonly deps?: Deps;
  readonly now?: () => Date;
}

/** Opens a daemon with its section of a configuration, as it would be written. */
export async function given<Config, Deps>(
  daemon: Daemon<Config, Deps>,
  config: unknown,
  { settings, deps, now = () => new Date() }: Surroundings<Deps>,
): Promise<Given<Deps>> {
  const said: SaidLine[] = [];
  const log: Log = tellingLog(said);
  const drain = new AbortController();
  const host = hostName.parse("builder");
  const shared = sharedSettings.parse(settings);
  const section = daemon.config.parse(config);
  const own = await (deps ?? daemon.deps?.(section, { host, settings: shared, log }));
  const opened = own as Deps;
  const context: Context<Config, Deps> = {
    config: section,
    deps: opened,
    settings: shared,
    host,
    log,
    now,
    signal: drain.signal,
  };
  return {
    when: async (type, data) => {
      const handler = daemon.on?.[type];
      if (handler === undefined) throw new Error(`${daemon.name} does not hear ${type}`);
      const envelope = enclose({ type, data }, { source: "//test/given", now: now() });
      return collected(await handler(data, context, envelope));
    },
    tick: async () => collected((await daemon.every?.tick(context)) ?? []),
    reconcile: async () => collected((await daemon.reconcile?.(context)) ?? []),
    deps: opened,
    said,
    outOfTime: () => drain.abort(),
    dispose: async () => daemon.dispose?.(opened),
  };
}

/** Every reply must fit the catalogue, or those who hear it would refuse it. */
async function collected(replies: Replies): Promise<Message[]> {
  const all: Message[] = [];
  for await (const reply of replies) {
    parseData(reply.type, reply.data);
    all.push(reply);
  }
  return all;
}
