import { type ChildProcess, spawn, type StdioOptions } from "node:child_process";
import { Failure, reasonOf } from "../failure.ts";
import { killGroup, tail } from "./exec.ts";

interface Program {
  readonly program: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** How one of two programs ended, and the last that it said on standard error. */
export interface PipeEnd {
  readonly code: number;
  readonly stderr: string;
}

/**
 * Runs two programs, the second of which reads what the first one writes: it goes from one to the other, not through
 * this process.
 * @throws {Failure} COMMAND_FAILED where one cannot be started, or COMMAND_TIMEOUT
 */
export async function pipe(
  from: Program,
  to: Program,
  timeout: number,
): Promise<readonly [PipeEnd, PipeEnd]> {
  const what = `${from.program} | ${to.program}`;
  const writer = started(from, ["ignore", "pipe", "pipe"]);
  const reader = started(to, [writer.stdout, "ignore", "pipe"]);
  const ends = Promise.all([ending(writer), ending(reader)]);
  // Both of them hold it now. If we did as well, the first would never learn that the second is gone.
  writer.stdout?.destroy();
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    for (const { pid } of [writer, reader]) killGroup(pid, "SIGKILL");
  }, timeout);
  try {
    const ended = await ends;
    if (!late) return ended;
  } catch (cause) {
    for (const { pid } of [writer, reader]) killGroup(pid, "SIGKILL");
    throw new Failure("COMMAND_FAILED", `Cannot run ${what}: ${reasonOf(cause)}`, { cause });
  } finally {
    clearTimeout(timer);
  }
  throw new Failure("COMMAND_TIMEOUT", `Cannot finish ${what}: it ran too long`, { transient: true });
}

const started = ({ program, args, env }: Program, stdio: StdioOptions): ChildProcess =>
  spawn(program, args, { env, detached: true, stdio });

function ending(child: ChildProcess): Promise<PipeEnd> {
  return new Promise((resolve, reject) => {
    const said = tail(8_192);
    child.stderr?.on("data", said.add);
    child.once("error", reject);
    // What it started must not hold the pipe open.
    child.once("exit", () => killGroup(child.pid, "SIGKILL"));
    child.once("close", (code) => resolve({ code: code ?? 255, stderr: said.text() }));
  });
}
