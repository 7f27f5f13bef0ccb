import { exec } from "../effects/exec.ts";
import type { Code } from "../codes.ts";
import { codeOf } from "../failure.ts";
import type { State } from "./run.ts";

/** Exit statuses, as in sysexits(3). A service manager must not restart after 78: the configuration would be refused again. */
export const EXIT = { ok: 0, failed: 1, usage: 64, unavailable: 69, config: 78 } as const;

/** What each exit status tells. */
export const EXIT_MEANS: Readonly<Record<keyof typeof EXIT, string>> = {
  ok: "done",
  failed: "failed",
  usage: "wrong words on the command line",
  unavailable: "nobody answered",
  config: "wrong configuration",
};

const STATUS: Partial<Record<Code, number>> = {
  INPUT_INVALID: EXIT.usage,
  NAME_INVALID: EXIT.usage,
  CONFIG_INVALID: EXIT.config,
  CONFIG_MISSING: EXIT.config,
  TRUST_FILE: EXIT.config,
  LISTEN_REFUSED: EXIT.config,
  MIGRATE_NOTHING: EXIT.config,
  MIGRATE_THERE: EXIT.usage,
  BROKER_ADDRESS: EXIT.config,
  BROKER_UNREACHABLE: EXIT.unavailable,
  BROKER_REFUSED: EXIT.unavailable,
  STORE_UNKNOWN: EXIT.config,
  STORE_UNREACHABLE: EXIT.unavailable,
  LISTEN_FAILED: EXIT.unavailable,
  ANSWER_TIMEOUT: EXIT.unavailable,
};

/** The exit status that fits an error. */
export function exitStatusOf(error: unknown): number {
  return STATUS[codeOf(error) ?? "COMMAND_FAILED"] ?? EXIT.failed;
}

/** A source of controls that several daemons of a process can listen to. */
export interface Controls {
  readonly listen: () => AsyncIterable<"reload" | "stop">;
  readonly send: (control: "reload" | "stop") => void;
}

/** Controls that are sent by hand. Each listener hears everything from the call of `listen`, not from its first turn. */
export function controls(): Controls {
  const listeners = new Set<(control: "reload" | "stop") => void>();
  return {
    send: (control) => {
      for (const tell of listeners) tell(control);
    },
    listen: () => {
      const waiting: ("reload" | "stop")[] = [];
      let wake: (() => void) | undefined;
      listeners.add((control) => {
        waiting.push(control);
        wake?.();
      });
      return (async function* () {
        for (;;) {
          const next = waiting.shift();
          if (next !== undefined) yield next;
          else await new Promise<void>((resolve) => (wake = resolve));
        }
      })();
    },
  };
}

/** Turns the signals of this process into controls: HUP reloads, TERM and INT stop. A second TERM or INT ends it at once. */
export function signalsTo({ send }: Pick<Controls, "send">): void {
  let asked = false;
  const stop = (): void => {
    if (asked) process.exit(EXIT.failed);
    asked = true;
    send("stop");
  };
  process.on("SIGHUP", () => send("reload"));
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);
}

/** Tells systemd how far the process is, where it asked to be told (sd_notify(3)). */
export async function notifyManager(state: State): Promise<void> {
  const socket = process.env["NOTIFY_SOCKET"];
  const word = {
    starting: "STATUS=starting",
    ready: "READY=1",
    draining: "STOPPING=1",
    stopped: "STATUS=stopped",
  }[state];
  if (socket === undefined) return;
  await exec("systemd-notify", [`--pid=${process.pid}`, word], {
    env: { PATH: "/usr/bin:/bin", NOTIFY_SOCKET: socket },
    timeout: 5_000,
  });
}
