import { spawn } from "node:child_process";
import { constants } from "node:os";
import type { Readable } from "node:stream";
import { Failure, reasonOf } from "../failure.ts";
import { LONGEST } from "./clock.ts";

export type Input = Uint8Array | string;

/** How a program is run. Its environment is just what is given here: nothing is inherited. */
export interface ExecOptions {
  readonly cwd?: string;
  readonly env: Readonly<Record<string, string>>;
  /** Milliseconds after which the program and all that it started are ended: TERM, then KILL. */
  readonly timeout: number;
  /** What it reads. Where that is known only later, the program starts meanwhile. */
  readonly input?: Input | Promise<Input>;
  /** Bytes of standard output that are kept; what comes after is dropped. */
  readonly most?: number;
  readonly signal?: AbortSignal;
  /** Is given the bytes of standard output and standard error as they come. */
  readonly onOutput?: (chunk: Buffer) => void;
  /** Is given each line of standard output and standard error as it comes, cut at 4 KiB. */
  readonly onLine?: (line: string) => void;
}

/** How a program ended. */
export interface Executed {
  /** Its exit status; 128 and the number of the signal where a signal ended it, as shells have it. */
  readonly code: number;
  readonly stdout: Buffer;
  /** The last 8 KiB of what it said on standard error. */
  readonly stderr: string;
  readonly outcome: "ended" | "timed out" | "aborted";
}

/** What programs of the host find where nothing else is said. */
export const PLAIN_ENVIRONMENT = {
  PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
  LANG: "C.UTF-8",
} as const;

/** As if the signal that ends programs had come before the first of its instructions. */
const NEVER_BEGUN: Executed = {
  code: 128 + constants.signals.SIGTERM,
  stdout: Buffer.alloc(0),
  stderr: "",
  outcome: "aborted",
};

const GRACE = 5_000;
/** How long what a program left behind may hold its output open, where nothing comes out of it any more. */
const LINGER = 250;
const MOST_OUTPUT = 64 * 1024 * 1024;
const MOST_LINE = 4_096;

/**
 * Runs a program in a process group of its own and waits for its end; arguments never pass a shell.
 * @throws {Failure} COMMAND_FAILED where the program cannot be started
 */
export async function exec(
  program: string,
  args: readonly string[],
  options: ExecOptions,
): Promise<Executed> {
  // What is given up before it begins must not get as far as the signal that would end it.
  if (options.signal?.aborted === true) return NEVER_BEGUN;
  try {
    return await run(program, args, options);
  } catch (cause) {
    throw new Failure("COMMAND_FAILED", `Cannot run ${program}: ${reasonOf(cause)}`, { cause });
  }
}

function run(program: string, args: readonly string[], options: ExecOptions): Promise<Executed> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      env: options.env,
      detached: true,
      stdio: ["pipe", "pipe", "pipe"],
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    });
    let outcome: Executed["outcome"] = "ended";
    const stdout = collect(options.most ?? MOST_OUTPUT);
    const stderr = tail(8_192);
    let killing: NodeJS.Timeout | undefined;
    const end = (why: Executed["outcome"]) => () => {
      if (outcome === "ended") outcome = why;
      killGroup(child.pid, "SIGTERM");
      killing ??= setTimeout(() => killGroup(child.pid, "SIGKILL"), GRACE);
    };
    const timer = setTimeout(end("timed out"), Math.min(options.timeout, LONGEST));
    const abort = end("aborted");
    options.signal?.addEventListener("abort", abort, { once: true });

    const hear = options.onOutput ?? (() => undefined);
    const lines = [splitter(options.onLine), splitter(options.onLine)] as const;
    child.stdout.on("data", (chunk: Buffer) => (stdout.add(chunk), lines[0].add(chunk), hear(chunk)));
    child.stderr.on("data", (chunk: Buffer) => (stderr.add(chunk), lines[1].add(chunk), hear(chunk)));
    // A program may end without reading what it is given.
    child.stdin.on("error", () => undefined);
    if (options.input instanceof Promise)
      void options.input.then(
        (input) => child.stdin.end(input),
        () => child.stdin.end(),
      );
    else child.stdin.end(options.input);

    const done = () => {
      clearTimeout(timer);
      clearTimeout(killing);
      options.signal?.removeEventListener("abort", abort);
    };
    child.on("error", (cause) => {
      done();
      reject(cause);
    });
    child.on("exit", () => {
      // From here on its id may be another's.
      done();
      killGroup(child.pid, "SIGKILL");
      letGo([child.stdout, child.stderr]);
    });
    child.on("close", (code, signal) => {
      for (const each of lines) each.end();
      resolve({
        code: code ?? 128 + constants.signals[signal ?? "SIGKILL"],
        stdout: stdout.all(),
        stderr: stderr.text(),
        outcome,
      });
    });
  });
}

/** What a program left behind in a session of its own would hold its output open for ever: it is let go once it is silent. */
function letGo(streams: readonly [Readable, Readable]): void {
  const until = Date.now() + GRACE;
  let heard = false;
  for (const stream of streams) stream.on("data", () => (heard = true));
  const look = () => {
    if (streams.every(({ closed }) => closed)) return;
    if (heard && Date.now() < until) {
      heard = false;
      setTimeout(look, LINGER).unref();
    } else for (const stream of streams) stream.destroy();
  };
  // A timer may be late, and what was printed still unread: reading gets its turn before each look.
  setTimeout(() => setImmediate(look), LINGER).unref();
}

/** Sends a signal to a program that was started in a group of its own, and to all that it started there. */
export function killGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // The group is gone already.
  }
}

function collect(most: number) {
  const chunks: Buffer[] = [];
  let size = 0;
  return {
    add: (chunk: Buffer) => {
      if (size < most) chunks.push(chunk.subarray(0, most - size));
      size += chunk.length;
    },
    all: () => Buffer.concat(chunks),
  };
}

/** Keeps the end of what comes. */
export function tail(most: number) {
  let kept: Buffer = Buffer.alloc(0);
  return {
    add: (chunk: Buffer) => (kept = Buffer.concat([kept, chunk]).subarray(-most)),
    text: () => kept.toString("utf8").trim(),
  };
}

/** Cuts a stream of bytes into lines; one that is longer than 4 KiB is cut there and the rest of it dropped. */
export function splitter(onLine: ((line: string) => void) | undefined) {
  let held: Buffer = Buffer.alloc(0);
  let dropping = false;
  const say = (bytes: Buffer) => onLine?.(bytes.subarray(0, MOST_LINE).toString("utf8").replace(/\r$/, ""));
  return {
    add: (chunk: Buffer) => {
      if (onLine === undefined) return;
      let from = 0;
      for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, from)) {
        const rest = chunk.subarray(from, at);
        if (!dropping) say(held.length === 0 ? rest : Buffer.concat([held, rest]));
        held = Buffer.alloc(0);
        dropping = false;
        from = at + 1;
      }
      if (dropping) return;
      held = Buffer.concat([held, chunk.subarray(from)]);
      if (held.length <= MOST_LINE) return;
      say(held);
      held = Buffer.alloc(0);
      dropping = true;
    },
    end: () => {
      if (held.length > 0) say(held);
      held = Buffer.alloc(0);
    },
  };
}
