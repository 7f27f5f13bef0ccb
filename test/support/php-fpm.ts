import { spawn } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { pathOf } from "./needing.ts";
import { until } from "./until.ts";

/** A PHP-FPM that runs. */
export interface PhpFpm {
  /** What it ran, in order: the script's path, and the root that it was told. */
  readonly ran: () => readonly { readonly script: string; readonly root: string }[];
}

/** Starts PHP-FPM on a socket, with the configuration that it comes with but for its pool. It ends with the test. */
export async function startPhpFpm(folder: string, socket: string): Promise<PhpFpm> {
  const [configuration, log] = [join(folder, "php-fpm.conf"), join(folder, "php-ran")];
  // Folders of tests are closed to everybody else.
  const asRoot = process.getuid?.() === 0;
  const user = asRoot ? "user = root\ngroup = root\n" : "";
  writeFileSync(
    configuration,
    `[global]
daemonize = no
error_log = ${join(folder, "php-errors")}
[www]
${user}listen = ${socket}
pm = static
pm.max_children = 4
access.log = ${log}
access.format = "%f %{DOCUMENT_ROOT}e"
`,
  );
  const fpm = spawn(
    pathOf("php-fpm*") ?? "php-fpm",
    ["--fpm-config", configuration, ...(asRoot ? ["--allow-to-run-as-root"] : [])],
    {
      stdio: "ignore",
    },
  );
  const closed = new Promise((resolve) => fpm.once("close", resolve));
  onTestFinished(async () => {
    fpm.kill("SIGTERM");
    await closed;
  });
  await until("PHP-FPM listens", () => existsSync(socket));
  return {
    ran: () =>
      readFileSync(log, "utf8")
        .split("\n")
        .slice(0, -1)
        .map((line) => {
          const [script = "", root = ""] = line.split(" ");
          return { script, root };
        }),
  };
}
