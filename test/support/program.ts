import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { until } from "./until.ts";

/** The program as it is shipped. */
const MAIN = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));

/** How a run of the program ended. */
export interface Ran {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Each line of standard output as JSON, for runs with `--json`. */
  readonly json: readonly Readonly<Record<string, unknown>>[];
}

/** A program that runs. */
export interface Running {
  readonly pid: number;
  /** All that it has said so far. */
  readonly said: () => { readonly stdout: string; readonly stderr: string };
  /** Waits for a text on either stream. */
  readonly says: (text: string, deadline?: number) => Promise<void>;
  readonly ended: Promise<number>;
  /** Asks it to end, and waits until it has. */
  readonly stop: () => Promise<number>;
  /** Ends it in the middle of whatever it does. */
  readonly kill: () => Promise<void>;
}

interface Surroundings {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly input?: string;
  /** What it is started through, where it is to run somewhere else. */
  readonly through?: readonly string[];
}

/** Starts `skein` with some words. */
export function startSkein(
  words: readonly string[],
  { cwd, env, input = "", through = [] }: Surroundings,
): Running {
  const [program = "", ...args] = [...through, process.execPath, MAIN, ...words];
  const child = spawn(program, args, { cwd, env, stdio: ["pipe", "pipe", "pipe"] });
  const said = { stdout: "", stderr: "" };
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => (said.stdout += chunk));
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => (said.stderr += chunk));
  // It may end before it reads.
  child.stdin.on("error", () => undefined).end(input);
  const ended = new Promise<number>((resolve) =>
    // A process that was killed counts as shells count: 128 and the number of the signal.
    child.once("close", (code, signal) => resolve(code ?? (signal === "SIGKILL" ? 137 : 143))),
  );
  const end = async (signal: "SIGTERM" | "SIGKILL") => {
    if (isAlive(child)) child.kill(signal);
    return ended;
  };
  return {
    pid: child.pid ?? 0,
    said: () => ({ ...said }),
    says: async (text, deadline) => {
      await until(
        `skein ${words.join(" ")} says ${text}`,
        () => {
          if (said.stdout.includes(text) || said.stderr.includes(text)) return true;
          if (!isAlive(child)) throw new Error(`it ended: ${said.stdout}\n${said.stderr}`);
          return false;
        },
        deadline,
      );
    },
    ended,
    stop: () => end("SIGTERM"),
    kill: async () => void (await end("SIGKILL")),
  };
}

const isAlive = ({ exitCode, signalCode }: ChildProcess): boolean => exitCode === null && signalCode === null;

/** Runs `skein` with some words to its end; one that does not end in time is killed. */
export async function runSkein(
  words: readonly string[],
  surroundings: Surroundings,
  deadline = 60_000,
): Promise<Ran> {
  const running = startSkein(words, surroundings);
  const timer = setTimeout(() => void running.kill(), deadline);
  const status = await running.ended;
  clearTimeout(timer);
  const { stdout, stderr } = running.said();
  return { status, stdout, stderr, json: words.includes("--json") ? jsonLines(stdout) : [] };
}

/** The lines of a text, each read as JSON. The last one may still be on its way. */
export function jsonLines(text: string): Readonly<Record<string, unknown>>[] {
  return text
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}
