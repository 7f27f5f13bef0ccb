import { connectBus } from "../lib/bus/connect.ts";
import { busAddress } from "../lib/config/broker-file.ts";
import { findConfig, hostOfMachine, loadConfig } from "../lib/config/load.ts";
import { type Controls, controls, notifyManager, signalsTo } from "../lib/daemon/process.ts";
import { runDaemon, type State } from "../lib/daemon/run.ts";
import { codeOf, Failure, reasonOf } from "../lib/failure.ts";
import { type Log, openLog } from "../lib/log.ts";
import type { HostName } from "../lib/schema/names.ts";
import type { CommonArguments } from "./command.ts";
import { type DaemonName, DAEMONS } from "./daemons.ts";
import { type Settings, settingsSchema } from "./settings.ts";

/** One daemon to run in this process: which, and as which host. */
export interface Part {
  readonly daemon: DaemonName;
  readonly host?: HostName;
  readonly labels?: Readonly<Record<string, string>>;
}

/** How long work in hand may go on after the process was told to stop, in milliseconds. */
const GRACE = 20_000;

/** Who the others need: started before them, in this order, and stopped after them. */
const FIRST: readonly DaemonName[] = ["broker", "ledger"];

/**
 * Runs daemons in this process until it is told to stop.
 * @throws {Failure} LISTEN_FAILED where they run already, and what the first of them to fail throws
 */
export async function runParts(
  args: Pick<CommonArguments, "config">,
  parts: readonly Part[],
  onReady?: () => void,
): Promise<void> {
  const file = findConfig(args.config);
  const load = () => loadConfig(file, settingsSchema);
  const log = await openLog({ level: load().log.level });
  /** A wrong file is complained of once, not by each daemon. */
  const isGood = () => {
    try {
      load();
      return true;
    } catch (error) {
      log.error(
        { code: codeOf(error) },
        `new configuration refused, keeping the old one:\n${reasonOf(error)}`,
      );
      return false;
    }
  };
  if (parts.some(({ daemon }) => daemon === "broker")) await refuseSecondBroker(load());
  const outside = controls();
  const told = outside.listen();
  signalsTo(outside);
  const stages = [
    ...FIRST.map((name) => parts.filter(({ daemon }) => daemon === name)),
    parts.filter(({ daemon }) => !FIRST.includes(daemon)),
  ];
  const running: Running[][] = [];
  const failed = new Promise<never>((_resolve, reject) => {
    const startAll = async () => {
      for (const stage of stages) {
        const started = stage.map((part) => start(part, load, log));
        running.push(started);
        for (const { ended } of started) ended.catch(reject);
        await Promise.all(started.map(({ ready }) => ready));
      }
      void notifyManager("ready");
      onReady?.();
    };
    startAll().catch(reject);
  });
  await Promise.race([follow(told, running, isGood), failed]);
}

/**
 * Two brokers in one state folder would write to one journal, and nobody could tell which of them to talk to.
 * @throws {Failure} LISTEN_FAILED
 */
async function refuseSecondBroker({ state }: Settings): Promise<void> {
  if (await answers(state))
    throw new Failure("LISTEN_FAILED", `Cannot start the broker of ${state}: it runs already`);
}

async function answers(state: string): Promise<boolean> {
  const log = await openLog({ level: "fatal" });
  try {
    const bus = await connectBus({ address: busAddress({ state }), clientId: "skein-up", wait: false, log });
    await bus.drain();
    return true;
  } catch {
    return false;
  }
}

interface Running {
  readonly ready: Promise<void>;
  /** Resolves when it has stopped. */
  readonly ended: Promise<void>;
  readonly controls: Controls;
}

/** Hands on what the process is told, and lets those that started last leave first. */
async function follow(
  told: AsyncIterable<"reload" | "stop">,
  running: readonly (readonly Running[])[],
  isGood: () => boolean,
): Promise<void> {
  for await (const control of told) {
    if (control === "stop") break;
    if (isGood()) for (const each of running.flat()) each.controls.send(control);
  }
  void notifyManager("draining");
  for (const stage of running.toReversed()) {
    for (const each of stage) each.controls.send("stop");
    await Promise.all(stage.map(({ ended }) => ended));
  }
}

function start({ daemon: name, host, labels }: Part, load: () => Settings, log: Log): Running {
  const own = controls();
  const ownLog = host === undefined ? log : log.child({ host });
  const listening = own.listen();
  let isReadyNow = false;
  let tell: () => void = () => undefined;
  let fail: (error: unknown) => void = () => undefined;
  const ready = new Promise<void>((resolve, reject) => ([tell, fail] = [resolve, reject]));
  const settings = (): Settings => ({
    ...load(),
    ...(labels === undefined ? {} : { labels: { ...labels } }),
  });
  const identity = host ?? hostOfMachine(load());
  const finished = runDaemon(DAEMONS[name], {
    host: identity,
    log: ownLog,
    now: () => new Date(),
    load: settings,
    connect: (clientId) =>
      connectBus({
        address: busAddress(load()),
        clientId,
        wait: true,
        spool: `${load().state}/spool/bus/${clientId}`,
        log: ownLog.child({ daemon: name }),
      }),
    controls: listening,
    report: (state: State) => {
      if (state !== "ready") return;
      isReadyNow = true;
      tell();
    },
    grace: GRACE,
  });
  // Whoever still waits for the broker has nothing in hand, and need not be waited for.
  const left = (async () => {
    for await (const control of own.listen()) if (control === "stop" && !isReadyNow) return;
  })();
  const ended = Promise.race([finished, left]);
  // Nobody may wait for ever for the readiness of one that could not start, nor take it for ready.
  ended.then(tell, fail);
  return { ready, ended, controls: own };
}
