import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { Certificate } from "./certificate.ts";
import { aFolder } from "./folder.ts";
import { freePort } from "./free-port.ts";
import { jsonLines } from "./program.ts";
import { until } from "./until.ts";

/** A letter that was taken. */
interface Taken {
  readonly to: readonly string[];
  readonly data: string;
  readonly tls: boolean;
  readonly login: boolean;
}

interface Wanted {
  readonly certificate?: Certificate;
  /** Whether only those may write who log in: anybody, with the password `s3cret`. */
  readonly login?: boolean;
  readonly port?: number;
}

/** A real mail server, aiosmtpd, until the test ends. */
export async function smtpServer({ certificate, login = false, port: wanted }: Wanted = {}) {
  const port = wanted ?? (await freePort());
  const folder = aFolder();
  const [cert, key] = [join(folder, "cert.pem"), join(folder, "key.pem")];
  if (certificate !== undefined) {
    writeFileSync(cert, certificate.cert);
    writeFileSync(key, certificate.key);
  }
  const options = { port, login, ...(certificate === undefined ? {} : { cert, key }) };
  const script = join(import.meta.dirname, "smtp-server.py");
  const child = spawn("/usr/bin/python3", [script, JSON.stringify(options)], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const said = { out: "", err: "" };
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => (said.out += chunk));
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => (said.err += chunk));
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  const stop = async () => {
    child.kill("SIGKILL");
    await ended;
  };
  onTestFinished(stop);
  await until("the mail server listens", () => {
    if (child.exitCode !== null) throw new Error(said.err);
    return said.out.includes("ready");
  });
  const letters = () => jsonLines(said.out).slice(1) as unknown as Taken[];
  return {
    port,
    ca: cert,
    letters,
    took: (count: number) => until(`${count} letters`, () => letters().length >= count && letters()),
    stop,
  };
}
