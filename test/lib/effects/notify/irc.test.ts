import { writeFileSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import type { AddressInfo } from "node:net";
import { once } from "node:events";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { type IrcRoute, ircSender } from "../../../../lib/effects/notify/irc.ts";
import { Secret } from "../../../../lib/schema/secret.ts";
import { selfSigned } from "../../../support/certificate.ts";
import { aFolder } from "../../../support/folder.ts";
import { freePort } from "../../../support/free-port.ts";
import { ircReader, ircServer } from "../../../support/irc-server.ts";
import { describeNeeding } from "../../../support/needing.ts";
import { until } from "../../../support/until.ts";

const signal = new AbortController().signal;

function sender(port: number, more: Partial<IrcRoute> = {}) {
  const opened = ircSender({
    host: "127.0.0.1",
    port,
    tls: false,
    nick: "skein",
    channels: ["#deploys"],
    deadline: 5_000,
    pace: 10,
    ...more,
  });
  onTestFinished(() => opened.close());
  return opened;
}

describeNeeding({ ngircd: "ngircd" }, "with a real server of IRC", () => {
  test("text is said in the channel, in order, over one connection that stays", async () => {
    const port = await freePort();
    await ircServer({ port });
    const reader = await ircReader(port, "dana", "#deploys");
    const irc = sender(port);
    for (const text of ["one", "two\nthree", "Grüße, 世界"])
      expect(await irc.send({ text }, signal)).toEqual({ kind: "sent" });
    await until("all is heard", () => reader.heard().length >= 4);
    expect(reader.heard()).toEqual(["one", "two", "three", "Grüße, 世界"]);
    expect(reader.lines.filter((line) => line.includes("JOIN"))).toHaveLength(2);
  });

  test("a line end says no second command, and a long text is cut where lines end", async () => {
    const port = await freePort();
    await ircServer({ port });
    const reader = await ircReader(port, "dana", "#deploys");
    const irc = sender(port);
    await irc.send({ text: `x\rQUIT :gone\rPRIVMSG dana :psst ${"words and ".repeat(80)}` }, signal);
    await irc.send({ text: "still here" }, signal);
    await until("the last is heard", () => reader.heard().includes("still here"));
    const [first = "", second = ""] = reader.heard();
    expect(first.startsWith("x QUIT :gone PRIVMSG dana :psst words and")).toBe(true);
    expect(second.startsWith("words") || second.startsWith("and")).toBe(true);
    expect(reader.lines.some((line) => /^:skein\S* QUIT/.test(line))).toBe(false);
  });

  test("where somebody has the nick, a number is added", async () => {
    const port = await freePort();
    await ircServer({ port });
    const reader = await ircReader(port, "skein", "#deploys");
    expect(await sender(port).send({ text: "hello" }, signal)).toEqual({ kind: "sent" });
    await until("it is heard", () =>
      reader.lines.some((line) => line.startsWith(":skein2!") && line.endsWith(":hello")),
    );
  });

  test("after the server was away the next try connects anew", async () => {
    const port = await freePort();
    const server = await ircServer({ port });
    const irc = sender(port);
    expect(await irc.send({ text: "one" }, signal)).toEqual({ kind: "sent" });
    await server.stop();
    expect(await irc.send({ text: "two" }, signal)).toMatchObject({ kind: "failed" });
    await ircServer({ port });
    const reader = await ircReader(port, "dana", "#deploys");
    expect(await irc.send({ text: "two" }, signal)).toEqual({ kind: "sent" });
    await until("it is heard", () => reader.heard().includes("two"));
  });

  test("whoever was put out of the channel says so, and comes back with the next try", async () => {
    const port = await freePort();
    await ircServer({ port });
    const reader = await ircReader(port, "dana", "#deploys");
    const irc = sender(port);
    await irc.send({ text: "one" }, signal);
    // So that nobody outside may write.
    reader.say("MODE #deploys +n");
    reader.say("KICK #deploys skein :away with you");
    await until("it is out", () => reader.lines.some((line) => /^:dana\S* KICK /.test(line)));
    expect(await irc.send({ text: "two" }, signal)).toMatchObject({ kind: "failed" });
    expect(await irc.send({ text: "two" }, signal)).toEqual({ kind: "sent" });
    await until("it is heard", () => reader.heard().includes("two"));
  });

  test("a channel that lets nobody in fails, and says why", async () => {
    const port = await freePort();
    await ircServer({ port });
    const outcome = await sender(port, { channels: ["#invited"] }).send({ text: "one" }, signal);
    expect(outcome).toMatchObject({
      kind: "failed",
      reason: expect.stringContaining("#invited cannot be joined") as string,
    });
  });

  test("the password of the server is needed, and is in no reason", async () => {
    const port = await freePort();
    await ircServer({ port, password: "open-sesame" });
    const reader = await ircReader(port, "dana", "#deploys", "open-sesame");
    expect(await sender(port, { password: new Secret("open-sesame") }).send({ text: "in" }, signal)).toEqual({
      kind: "sent",
    });
    await until("it is heard", () => reader.heard().includes("in"));
    const outcome = await sender(port, { nick: "other", password: new Secret("wrong-word") }).send(
      { text: "out" },
      signal,
    );
    expect(outcome).toMatchObject({ kind: "failed" });
    expect(JSON.stringify(outcome)).not.toContain("wrong-word");
  });

  test("over TLS only a server whose certificate is trusted is talked to", async () => {
    const [port, securePort] = [await freePort(), await freePort()];
    const certificate = await selfSigned();
    await ircServer({ port, securePort, certificate });
    const reader = await ircReader(port, "dana", "#deploys");
    const ca = join(aFolder(), "ca.pem");
    writeFileSync(ca, certificate.cert);
    expect(await sender(securePort, { tls: true, ca }).send({ text: "safe" }, signal)).toEqual({
      kind: "sent",
    });
    await until("it is heard", () => reader.heard().includes("safe"));
    expect(await sender(securePort, { tls: true, nick: "x" }).send({ text: "no" }, signal)).toMatchObject({
      kind: "failed",
    });
  });
});

/** A server of a test that knows SASL; ngircd does not. */
async function saslServer(password: string): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    const say = (line: string) => socket.write(`:irc.example.net ${line}\r\n`);
    let text = "";
    const take = (line: string) => {
      if (line === "CAP REQ :sasl") say("CAP * ACK :sasl");
      // The answer to the nick comes in the middle of the login.
      if (line === "NICK :skein") say("433 * skein :Nickname is already in use");
      if (line === "AUTHENTICATE PLAIN") socket.write("AUTHENTICATE +\r\n");
      else if (line.startsWith("AUTHENTICATE ")) {
        const good = Buffer.from(`\0bot\0${password}`).toString("base64");
        say(
          line === `AUTHENTICATE ${good}`
            ? "903 skein :SASL authentication successful"
            : "904 skein :SASL failed",
        );
      }
      if (line === "CAP END") say("001 skein2 :Welcome");
      if (line.startsWith("JOIN ")) say("366 skein2 #deploys :End of /NAMES list");
      if (line.startsWith("PING ")) say(`PONG irc.example.net ${line.slice(5)}`);
    };
    socket.on("error", () => undefined);
    socket.setEncoding("utf8").on("data", (chunk: string) => {
      const lines = (text + chunk).split("\r\n");
      text = lines.pop() ?? "";
      lines.forEach(take);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

test("SASL lets in whoever has the password, and nobody else", async () => {
  const port = await saslServer("s3cret");
  const login = (password: string) => ({ sasl: { user: "bot", password: new Secret(password) } });
  expect(await sender(port, login("s3cret")).send({ text: "hello" }, signal)).toEqual({ kind: "sent" });
  expect(await sender(port, login("guess")).send({ text: "hello" }, signal)).toEqual({
    kind: "failed",
    reason: "the login is refused: SASL failed",
    after: undefined,
  });
});

test("a server that never answers fails within the deadline; one that sends a line without end is left", async () => {
  const silent = createServer((socket) => socket.on("error", () => undefined)).listen(0, "127.0.0.1");
  const endless = createServer((socket) => {
    socket.on("error", () => undefined);
    const more = () => socket.writable && socket.write("x".repeat(32 * 1024), more);
    more();
  }).listen(0, "127.0.0.1");
  await Promise.all([once(silent, "listening"), once(endless, "listening")]);
  onTestFinished(() => [silent, endless].forEach((each) => void each.close()));
  const portOf = (server: typeof silent) => (server.address() as AddressInfo).port;
  expect(await sender(portOf(silent), { deadline: 100 }).send({ text: "a" }, signal)).toMatchObject({
    reason: "no answer within 100 ms",
  });
  expect(await sender(portOf(endless)).send({ text: "a" }, signal)).toMatchObject({
    reason: "it sends a line without end",
  });
});
