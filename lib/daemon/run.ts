import type { SharedSettings } from "../config/settings.ts";
import type { Bus } from "../bus/bus.ts";
import { pause } from "../effects/clock.ts";
import { reasonOf } from "../failure.ts";
import type { Log } from "../log.ts";
import { message, type MessageType } from "../messages/catalogue.ts";
import type { HostName } from "../schema/names.ts";
import { VERSION } from "../version.ts";
import type { Context, Daemon, Replies, Response } from "./define.ts";
import { type Answer, receiver, sayAll, interestsIn } from "./deliver.ts";
import { door } from "./serve.ts";

/** How far a daemon is in its life. */
export type State = "starting" | "ready" | "draining" | "stopped";

/** The whole process, as a daemon sees it. */
export interface Runtime {
  readonly host: HostName;
  readonly log: Log;
  readonly now: () => Date;
  /** Reads the configuration anew: what all share, and under its name the section of this daemon, with its defaults. */
  readonly load: () => SharedSettings | Promise<SharedSettings>;
  readonly connect: (clientId: string) => Promise<Bus>;
  /** What the process is told from outside. Ends like `stop`. */
  readonly controls: AsyncIterable<"reload" | "stop">;
  readonly report: (state: State) => void;
  /** How long work in hand may go on after `stop`, in milliseconds. */
  readonly grace: number;
}

/** How often a daemon says that it is there, in milliseconds; it also does when the roll is called. */
export const HEARTBEAT = 20_000;

/**
 * Runs a daemon until its controls say stop.
 * @throws {Failure} CONFIG_INVALID where the first configuration is refused, or what `connect` throws
 */
export async function runDaemon<Config, Deps>(daemon: Daemon<Config, Deps>, runtime: Runtime): Promise<void> {
  const { host, now, report } = runtime;
  const log = runtime.log.child({ daemon: daemon.name });
  const stopping = new AbortController();
  const outOfTime = new AbortController();

  const prepare = async (former?: Context<Config, Deps>): Promise<Context<Config, Deps>> => {
    const settings = await runtime.load();
    const config = sectionOf<Config>(settings, daemon.name);
    const kept = daemon.fixed === true ? former?.deps : undefined;
    const deps = (kept ?? (await daemon.deps?.(config, { host, settings, log }))) as Deps;
    return { config, deps, settings, host, log, now, signal: outOfTime.signal };
  };

  report("starting");
  let context = await prepare();
  const bus = await runtime.connect(`${daemon.name}.${host}`);
  const answer: Answer = { bus, topics: context.settings.topics, source: `//${host}/${daemon.name}`, now };
  const work = new Set<Promise<unknown>>();
  const inHand = <Result>(each: Promise<Result>): Promise<Result> => {
    const settled: Promise<unknown> = each.catch(() => undefined).finally(() => work.delete(settled));
    work.add(settled);
    return each;
  };
  /** Runs something that says messages; what it throws is logged, for nobody waits for it. */
  const run = (what: string, replies: () => Replies | Promise<Replies>): Promise<boolean> => {
    const running = (async () => {
      try {
        await sayAll(answer, await replies());
        return true;
      } catch (error) {
        log.error({ error }, `${what} failed: ${reasonOf(error)}`);
        return false;
      }
    })();
    return inHand(running);
  };
  const beat = (state: State) =>
    run("heartbeat", () => [
      message("daemon.alive", {
        daemon: daemon.name,
        host,
        version: VERSION,
        state,
        at: now().toISOString(),
      }),
    ]);

  const receive = receiver(
    daemon,
    () => context,
    answer,
    async ({ app }) => {
      if (app === undefined && !stopping.signal.aborted) await beat("ready");
    },
  );
  const heard = [...(Object.keys(daemon.on ?? {}) as MessageType[]), "host.asked" as const];
  const concurrency =
    typeof daemon.concurrency === "function" ? daemon.concurrency(context.config) : daemon.concurrency;
  for (const interest of interestsIn(heard, daemon.name, host, context.settings.topics, concurrency)) {
    await bus.subscribe(interest, (delivery) => inHand(receive(delivery)));
  }
  const reconcile = async () => {
    if (daemon.reconcile !== undefined) await run("reconciling", () => daemon.reconcile?.(context) ?? []);
  };
  bus.onReconnect(() => void reconcile());
  await reconcile();
  const entrance = door(
    async (asked) => {
      const answering = (async () => {
        const { answer: given, messages } = (await daemon.serve?.answer(asked, context)) ?? NOWHERE;
        await sayAll(answer, messages);
        return given;
      })();
      return inHand(answering);
    },
    (error) => log.error({ error }, `a request could not be answered: ${reasonOf(error)}`),
  );
  const serveAs = ({ config, settings }: Context<Config, Deps>) =>
    entrance.move(daemon.serve?.at(config, settings));
  await serveAs(context);
  const loops = [
    repeat(
      () => HEARTBEAT,
      () => beat("ready"),
      stopping.signal,
    ),
  ];
  if (daemon.every !== undefined) {
    const { interval, tick } = daemon.every;
    loops.push(
      repeat(
        () => interval(context.config),
        () => run("tick", () => tick(context)),
        stopping.signal,
      ),
    );
  }
  report("ready");

  for await (const control of runtime.controls) {
    if (control === "stop") break;
    const former = context;
    try {
      const next = await prepare(former);
      await serveAs(next);
      context = next;
    } catch (error) {
      log.error({ error }, `new configuration refused, keeping the old one: ${reasonOf(error)}`);
    }
    if (context === former) continue;
    log.info({}, "configuration read again");
    // What is in hand still works with the former ones.
    if (context.deps !== former.deps) void Promise.all(work).then(() => daemon.dispose?.(former.deps));
  }

  report("draining");
  stopping.abort();
  await entrance.close();
  const timer = setTimeout(() => outOfTime.abort(), runtime.grace);
  await beat("stopped");
  await Promise.all(loops);
  await Promise.all(work);
  await bus.drain();
  clearTimeout(timer);
  await daemon.dispose?.(context.deps);
  report("stopped");
}

const NOWHERE: Response = { answer: { status: 404 }, messages: [] };

/** The section of one daemon, as `load` has checked it and filled in its defaults. */
function sectionOf<Config>(settings: SharedSettings, name: string): Config {
  return (settings as unknown as Readonly<Record<string, Config>>)[name] as Config;
}

/** How long to wait after something failed, at the least: what fails at once must not keep a processor busy. */
const AFTER_FAILURE = 1_000;

async function repeat(
  interval: () => number,
  once: () => Promise<boolean>,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    const succeeded = await once();
    await pause(succeeded ? interval() : Math.max(AFTER_FAILURE, interval()), signal);
  }
}
