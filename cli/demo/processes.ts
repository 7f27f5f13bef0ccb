import { type ChildProcess, spawn } from "node:child_process";
import { openSync, readFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Failure } from "../../lib/failure.ts";
import type { Stage } from "./stage.ts";

const MAIN = fileURLToPath(new URL("../main.js", import.meta.url));
const WEB_SERVER = fileURLToPath(new URL("../../../examples/web-server.mjs", import.meta.url));

/** What runs while the demonstration does. */
export interface Cast {
  /** Resolves, with the reason, if any of them ends by itself. */
  readonly lost: Promise<string>;
  readonly end: () => Promise<void>;
}

/** Starts a web server for each host, and all of Skein in one process. Resolves when they are ready. */
export async function startCast(stage: Stage): Promise<Cast> {
  const logFile = join(stage.folder, "up.log");
  const logged = openSync(logFile, "a", 0o600);
  const children: ChildProcess[] = [];
  const losses: Promise<string>[] = [];
  let ending = false;
  const start = (name: string, args: readonly string[], said: string): Promise<void> => {
    const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"], cwd: stage.folder });
    children.push(child);
    const exited = new Promise<string>((resolve) => {
      child.once("exit", (code) => {
        if (!ending)
          resolve(`${name} ended with status ${code}:\n${readFileSync(logFile, "utf8").slice(-2_000)}`);
      });
    });
    losses.push(exited);
    return new Promise((resolve, reject) => {
      const look = (chunk: Buffer) => {
        if (chunk.includes(said)) resolve();
      };
      for (const stream of [child.stdout, child.stderr]) {
        stream?.on("data", (chunk: Buffer) => {
          look(chunk);
          writeSync(logged, chunk);
        });
      }
      void exited.then((why) => reject(new Failure("COMMAND_FAILED", why)));
    });
  };
  const end = async () => {
    ending = true;
    await Promise.all(children.map(ended));
  };
  try {
    await Promise.all([
      ...stage.hosts.map(({ host, root, port }) =>
        start(`the web server of ${host}`, [WEB_SERVER, root, String(port)], `${port}`),
      ),
      start("skein up", [MAIN, "up", "--config", stage.config], "ready:"),
    ]);
  } catch (error) {
    await end();
    throw error;
  }
  return { lost: Promise.race(losses), end };
}

/** Tells a child to end, and waits until it has. */
function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    child.once("exit", () => resolve());
    child.kill("SIGTERM");
  });
}
