import { spawn } from "node:child_process";
import { chmodSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { Certificate } from "./certificate.ts";
import { aFolder } from "./folder.ts";
import { until } from "./until.ts";

interface Wanted {
  readonly port: number;
  readonly securePort?: number;
  readonly certificate?: Certificate;
  readonly password?: string;
}

/** A real server of IRC, ngircd, until the test ends. */
export async function ircServer({ port, securePort, certificate, password }: Wanted) {
  const folder = aFolder();
  // It gives up root, and must read its files all the same.
  chmodSync(folder, 0o755);
  const file = (name: string, text: string) => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  const secure =
    certificate === undefined
      ? []
      : [
          "[SSL]",
          `CertFile = ${file("cert.pem", certificate.cert)}`,
          `KeyFile = ${file("key.pem", certificate.key)}`,
          `Ports = ${securePort}`,
        ];
  const config = file(
    "ngircd.conf",
    [
      "[Global]",
      "Name = irc.example.net",
      "Info = a server of a test",
      "Listen = 127.0.0.1",
      `Ports = ${port}`,
      "MotdPhrase = hello",
      ...(password === undefined ? [] : [`Password = ${password}`]),
      "[Limits]",
      "MaxConnectionsIP = 0",
      // It makes those wait who connect often.
      "MaxPenaltyTime = 0",
      "[Options]",
      "DNS = no",
      "Ident = no",
      "PAM = no",
      ...secure,
      "[Channel]",
      "Name = #invited",
      "Modes = i",
      "",
    ].join("\n"),
  );
  const child = spawn("/usr/sbin/ngircd", ["-n", "-f", config], { stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk: Buffer) => (said += chunk.toString()));
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  const stop = async () => {
    child.kill("SIGKILL");
    await ended;
  };
  onTestFinished(stop);
  await until(`ngircd listens: ${said}`, () => reachable(port));
  return { stop };
}

const reachable = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });

/** Somebody who sits in a channel and reads along. */
export async function ircReader(port: number, nick: string, channel: string, password?: string) {
  const socket = connect(port, "127.0.0.1").setEncoding("utf8");
  const lines: string[] = [];
  let rest = "";
  socket.on("error", () => undefined);
  socket.on("data", (chunk: string) => {
    const all = (rest + chunk).split("\r\n");
    rest = all.pop() ?? "";
    for (const line of all) {
      if (line.startsWith("PING")) socket.write(`PONG${line.slice(4)}\r\n`);
      lines.push(line);
    }
  });
  onTestFinished(() => void socket.destroy());
  const say = (line: string) => socket.write(`${line}\r\n`);
  if (password !== undefined) say(`PASS ${password}`);
  say(`NICK ${nick}`);
  say(`USER ${nick} 0 * :${nick}`);
  await until(`${nick} is let in`, () => lines.some((line) => / 001 /.test(line)));
  say(`JOIN ${channel}`);
  await until(`${nick} is in ${channel}`, () => lines.some((line) => / 366 /.test(line)));
  return {
    lines,
    say,
    /** What was said in the channel. */
    heard: () => lines.flatMap((line) => / PRIVMSG \S+ :(.*)$/.exec(line)?.[1] ?? []),
  };
}
