import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { onTestFinished } from "vitest";

/** Starts nginx in a folder with a part of a configuration. It ends with the test. */
export function startNginx(folder: string, servers: string): void {
  const own = join(folder, "nginx");
  mkdirSync(own);
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
    (each) => `${each}_temp_path ${own}/${each};`,
  );
  // Folders of tests are closed to everybody else.
  const user = process.getuid?.() === 0 ? "user root;" : "";
  const http = `http { access_log off; ${temporary.join(" ")} ${servers} }`;
  const text = `daemon off; ${user} pid ${own}/pid; error_log stderr; worker_processes 1; events {} ${http}`;
  writeFileSync(join(own, "nginx.conf"), text);
  const PATH = `${process.env["PATH"] ?? ""}:/usr/sbin:/sbin`;
  const nginx = spawn("nginx", ["-p", own, "-c", join(own, "nginx.conf")], {
    stdio: "ignore",
    env: { PATH },
  });
  onTestFinished(() => ended(nginx));
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const closed = new Promise((resolve) => child.once("close", resolve));
  child.kill("SIGTERM");
  await closed;
}
