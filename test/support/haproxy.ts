import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "./free-port.ts";
import { until } from "./until.ts";

/** A HAProxy with a backend for each name, whose servers are free at the start. */
export interface Haproxy {
  readonly socket: string;
  /** Where visitors of a backend go. */
  readonly port: (backend: string) => number;
  readonly ask: (command: string) => Promise<string>;
  readonly close: () => Promise<void>;
}

/** Starts one; `slots`: how many servers each backend has; `server`: what else is said of each. */
export async function startHaproxy(backends: readonly string[], slots = 2, server = ""): Promise<Haproxy> {
  const folder = mkdtempSync(join(tmpdir(), "skein-haproxy-"));
  const socket = join(folder, "admin.sock");
  const ports = new Map<string, number>();
  for (const name of backends) ports.set(name, await freePort());
  const servers = Array.from(
    { length: slots },
    (_none, at) => `  server s${at} 127.0.0.1:1 disabled ${server}`,
  );
  const sections = [...ports].flatMap(([name, port]) => [
    `frontend of-${name}\n  bind 127.0.0.1:${port}\n  default_backend ${name}`,
    `backend ${name}\n${servers.join("\n")}`,
  ]);
  const text = [
    `global\n  stats socket ${socket} level admin`,
    "defaults\n  mode http\n  timeout connect 2s\n  timeout client 10s\n  timeout server 10s",
    ...sections,
    "",
  ].join("\n");
  writeFileSync(join(folder, "haproxy.cfg"), text);
  const PATH = `${process.env["PATH"] ?? ""}:/usr/sbin:/sbin`;
  const haproxy = spawn("haproxy", ["-db", "-f", join(folder, "haproxy.cfg")], {
    env: { PATH },
    stdio: "ignore",
  });
  const ask = (command: string) => told(socket, command);
  await until("HAProxy answers", async () => (await ask("show info")).includes("Uptime"));
  return {
    socket,
    port: (backend) => ports.get(backend) ?? 0,
    ask,
    close: async () => {
      const closed = new Promise((resolve) => haproxy.once("close", resolve));
      if (haproxy.exitCode === null && haproxy.signalCode === null) {
        haproxy.kill("SIGKILL");
        await closed;
      }
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function told(path: string, command: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = "";
    const socket = connect({ path }).once("error", reject);
    socket.on("data", (chunk: Buffer) => (text += chunk.toString("utf8")));
    socket.once("end", () => resolve(text));
    socket.write(`${command}\n`);
  });
}
