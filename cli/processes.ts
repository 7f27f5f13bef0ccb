import { connectBus } from "../lib/bus/connect.ts";
import { busAddress } from "../lib/config/broker-file.ts";
import { findConfig, hostOfMachine, loadConfig } from "../lib/config/load.ts";
import { type Controls, controls, notifyManager, signalsTo } from "../lib/daemon/process.ts";
import { runDaemon, type State } from "../lib/daemon/run.ts";
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

/**
 * Runs daemons in this process until it is told to stop: the broker first, so that the others find it, and last to leave.
 * @throws {Failure} what the first of them to fail throws; the others are stopped first
 */
export async function runParts(
  args: Pick<CommonArguments, "config">,
  parts: readonly Part[],
  onReady?: () => void,
): Promise<void> {
  const file = findConfig(args.config);
  const load = () => loadConfig(file, settingsSchema);
  const log = await openLog({ level: load().log.level });
  const first = parts.filter(({ daemon }) => daemon === "broker");
  const others = parts.filter(({ daemon }) => daemon !== "broker");
  const outside = controls();
  signalsTo(outside);
  const brokers = first.map((part) => start(part, load, log));
  await Promise.all(brokers.map(({ ready }) => ready));
  const rest = others.map((part) => start(part, load, log));
  const all = [...brokers, ...rest];
  const failed = Promise.race(all.map(({ ended }) => ended));
  const followed = follow(outside, rest, brokers);
  await Promise.race([Promise.all(all.map(({ ready }) => ready)), failed]);
  void notifyManager("ready");
  onReady?.();
  await Promise.race([followed, failed]).finally(() => outside.send("stop"));
  await followed;
  await Promise.all(all.map(({ ended }) => ended));
}

interface Running {
  readonly ready: Promise<void>;
  /** Resolves when it has stopped. */
  readonly ended: Promise<void>;
  readonly controls: Controls;
}

/** Hands on what the process is told; the broker is told to stop once the others have left. */
async function follow(
  outside: Controls,
  rest: readonly Running[],
  brokers: readonly Running[],
): Promise<void> {
  for await (const control of outside.listen()) {
    for (const each of rest) each.controls.send(control);
    if (control === "stop") break;
    for (const each of brokers) each.controls.send(control);
  }
  void notifyManager("draining");
  await Promise.allSettled(rest.map(({ ended }) => ended));
  for (const each of brokers) each.controls.send("stop");
}

function start({ daemon: name, host, labels }: Part, load: () => Settings, log: Log): Running {
  const own = controls();
  const listening = own.listen();
  let isReady: () => void = () => undefined;
  const ready = new Promise<void>((resolve) => (isReady = resolve));
  const settings = (): Settings => ({
    ...load(),
    ...(labels === undefined ? {} : { labels: { ...labels } }),
  });
  const identity = host ?? hostOfMachine(load());
  const ended = runDaemon(DAEMONS[name], {
    host: identity,
    log: host === undefined ? log : log.child({ host }),
    now: () => new Date(),
    load: settings,
    connect: (clientId) =>
      connectBus({
        address: busAddress(load()),
        clientId,
        wait: true,
        spool: `${load().state}/spool/bus/${clientId}`,
        log,
      }),
    controls: listening,
    report: (state: State) => {
      if (state === "ready") isReady();
    },
    grace: GRACE,
  });
  // Whoever waits for readiness must not wait for ever for a daemon that could not start.
  ended.catch(() => undefined).finally(isReady);
  return { ready, ended, controls: own };
}
