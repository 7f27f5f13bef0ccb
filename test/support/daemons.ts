import type { z } from "zod";
import { memoryHub, type MemoryHub } from "../../lib/bus/memory.ts";
import { sharedSettings, type SharedSettings } from "../../lib/config/settings.ts";
import type { Daemon } from "../../lib/daemon/define.ts";
import { controls } from "../../lib/daemon/process.ts";
import { runDaemon, type State } from "../../lib/daemon/run.ts";
import { interestsIn, say } from "../../lib/daemon/deliver.ts";
import { openLog } from "../../lib/log.ts";
import { type Data, message, type Message, type MessageType } from "../../lib/messages/catalogue.ts";
import { STANDARD_TOPICS } from "../../lib/messages/destinations.ts";
import { decode, type Envelope } from "../../lib/messages/envelope.ts";
import { hostName } from "../../lib/schema/names.ts";

/** A daemon that runs in this process, on a hub in memory. */
export interface Started {
  readonly hub: MemoryHub;
  readonly states: State[];
  readonly logged: string[];
  readonly reload: () => void;
  /** Tells it to stop, and waits until it has. */
  readonly stop: () => Promise<void>;
}

/** Runs a daemon with settings as a person writes them; read anew at each reload. */
export async function start<Config, Deps>(
  daemon: Daemon<Config, Deps>,
  written: () => Readonly<Record<string, unknown>> = () => ({}),
  hub: MemoryHub = memoryHub(),
): Promise<Started> {
  const states: State[] = [];
  const logged: string[] = [];
  const own = controls();
  const schema = sharedSettings.extend({
    [daemon.name]: daemon.config.prefault({} as never),
  }) as unknown as z.ZodType<SharedSettings>;
  const listening = own.listen();
  let ready: () => void = () => undefined;
  const isReady = new Promise<void>((resolve) => (ready = resolve));
  const ended = runDaemon(daemon, {
    host: hostName.parse("test"),
    log: await openLog({ level: "debug", to: { write: (line) => void logged.push(line) } }),
    now: () => new Date(),
    load: () => schema.parse(written()),
    connect: () => Promise.resolve(hub.connect()),
    controls: listening,
    report: (state) => {
      states.push(state);
      if (state === "ready") ready();
    },
    grace: 2_000,
  });
  await Promise.race([isReady, ended]);
  return {
    hub,
    states,
    logged,
    reload: () => own.send("reload"),
    stop: async () => {
      own.send("stop");
      await ended;
    },
  };
}

/** Says a message over a hub, as if another daemon had. */
export async function publish<Type extends MessageType>(
  hub: MemoryHub,
  type: Type,
  data: Data<Type>,
): Promise<Envelope> {
  const answer = {
    bus: hub.connect(),
    topics: STANDARD_TOPICS,
    source: "//test/test",
    now: () => new Date(),
  };
  return say(answer, message(type, data) as Message);
}

/** Everything that is said of some types from now on; `next` waits for one that fits. */
export async function listen(hub: MemoryHub, ...types: MessageType[]) {
  const heard: Envelope[] = [];
  const waiting = new Set<() => void>();
  for (const interest of interestsIn(types, "listener", "test", STANDARD_TOPICS)) {
    await hub.connect().subscribe({ ...interest, kind: "news" }, ({ body }) => {
      const envelope = decode(body);
      if (types.includes(envelope.type)) heard.push(envelope);
      for (const wake of waiting) wake();
      return Promise.resolve();
    });
  }
  return {
    heard,
    next: async (fits: (envelope: Envelope) => boolean = () => true): Promise<Envelope> => {
      for (;;) {
        const found = heard.find(fits);
        if (found !== undefined) return found;
        await new Promise<void>((resolve) => waiting.add(resolve));
      }
    },
  };
}
