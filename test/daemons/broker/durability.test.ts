import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";
import { describe, expect, test } from "vitest";
import { Core } from "../../../daemons/broker/core.ts";
import { startJournal } from "../../../daemons/broker/journal.ts";
import { defaultLimits } from "../../../daemons/broker/limits.ts";
import { startBroker } from "../../../daemons/broker/server.ts";
import { listenTcp } from "../../../daemons/broker/tcp.ts";
import { aBroker, afterwards, LOGINS, type TestBroker } from "./support/broker.ts";
import { type Client, dial } from "./support/client.ts";
import { TestDisk } from "./support/disk.ts";

const login = { "accept-version": "1.2", host: "/", login: "ann", passcode: "secret" };

/** The portable form of a durable subscription: both brokers' headers together. */
const durable = {
  id: "agent.web1",
  destination: "/topic/deploy.web1",
  ack: "client-individual",
  durable: "true",
  "auto-delete": "false",
  exclusive: "false",
  "activemq.subscriptionName": "agent.web1",
  "x-queue-name": "agent.web1.deploy",
  "prefetch-count": "1",
  "activemq.prefetchSize": "1",
};
const agent = (broker: TestBroker) => broker.client({ "client-id": "agent.web1" });
const send = { destination: "/topic/deploy.web1", persistent: "true" };

async function aFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "skein-journal-"));
  afterwards(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

async function take(client: Client, count: number): Promise<string[]> {
  const bodies: string[] = [];
  while (bodies.length < count) {
    const { headers, body } = await client.hear();
    bodies.push(body.toString());
    await client.told("ACK", { id: headers.get("ack") ?? "" });
  }
  return bodies;
}

describe("durable subscriptions", () => {
  test("keep what came while the subscriber was away, in order, over a restart too", async () => {
    const journal = await aFolder();
    const first = await aBroker({ journal });
    const online = await agent(first);
    await online.told("SUBSCRIBE", durable);
    const sender = await first.client();
    await sender.told("SEND", send, "online");
    expect(await take(online, 1)).toEqual(["online"]);
    await online.told("DISCONNECT");
    for (const body of ["off0", "off1", "off2"]) await sender.told("SEND", send, body);
    await first.broker.stop();

    const second = await aBroker({ journal });
    await (await second.client()).told("SEND", send, "again");
    const back = await agent(second);
    await back.told("SUBSCRIBE", durable);
    expect(await take(back, 4)).toEqual(["off0", "off1", "off2", "again"]);
    await second.broker.stop();

    const third = await aBroker({ journal });
    const last = await agent(third);
    await last.told("SUBSCRIBE", durable);
    await (await third.client()).told("SEND", send, "last");
    expect(await take(last, 1)).toEqual(["last"]);
  });

  test("lose what is not persistent with the broker, and only then", async () => {
    const journal = await aFolder();
    const first = await aBroker({ journal });
    const online = await agent(first);
    await online.told("SUBSCRIBE", durable);
    await online.told("DISCONNECT");
    const passing = { destination: send.destination };
    await (await first.client()).told("SEND", passing, "heard");
    const back = await agent(first);
    await back.told("SUBSCRIBE", durable);
    expect(await take(back, 1)).toEqual(["heard"]);
    await back.told("DISCONNECT");
    await (await first.client()).told("SEND", passing, "lost");
    await first.broker.stop();
    const second = await aBroker({ journal });
    const last = await agent(second);
    await last.told("SUBSCRIBE", durable);
    await (await second.client()).told("SEND", send, "kept");
    expect(await take(last, 1)).toEqual(["kept"]);
  });

  test("belong to their login: another with the same names gets nothing of them", async () => {
    const broker = await aBroker();
    const owner = await agent(broker);
    await owner.told("SUBSCRIBE", durable);
    await owner.told("DISCONNECT");
    await (await broker.client()).told("SEND", send, "secret");
    const thief = await broker.client({ login: "bob", passcode: "hidden", "client-id": "agent.web1" });
    await thief.told("SUBSCRIBE", durable);
    await thief.told("UNSUBSCRIBE", { id: durable.id, durable: "true" });
    expect(thief.unasked).toEqual([]);
    const back = await agent(broker);
    await back.told("SUBSCRIBE", durable);
    expect(await take(back, 1)).toEqual(["secret"]);
  });

  test("are deleted, with all they held, when UNSUBSCRIBE names them", async () => {
    const journal = await aFolder();
    const broker = await aBroker({ journal });
    const owner = await agent(broker);
    await owner.told("SUBSCRIBE", durable);
    await owner.told("SEND", send, "1");
    await owner.told("SEND", send, "2");
    await owner.told("UNSUBSCRIBE", { id: durable.id });
    await owner.told("UNSUBSCRIBE", { id: durable.id, "activemq.subscriptionName": "agent.web1" });
    await owner.told("DISCONNECT");
    await broker.broker.stop();
    const again = await aBroker({ journal });
    const back = await agent(again);
    await back.told("SUBSCRIBE", durable);
    await back.told("SEND", send, "new");
    expect(await take(back, 1)).toEqual(["new"]);
  });

  test("move to a new destination when they are opened with one, and keep what they held", async () => {
    const broker = await aBroker();
    const owner = await agent(broker);
    await owner.told("SUBSCRIBE", durable);
    await owner.told("UNSUBSCRIBE", { id: durable.id });
    await owner.told("SEND", send, "old");
    await owner.told("SUBSCRIBE", { ...durable, destination: "/topic/elsewhere.#" });
    await owner.told("SEND", send, "unheard");
    await owner.told("SEND", { ...send, destination: "/topic/elsewhere.a" }, "new");
    expect(await take(owner, 2)).toEqual(["old", "new"]);
  });
});

test("a queue keeps what is persistent over a restart, less what was acknowledged", async () => {
  const journal = await aFolder();
  const first = await aBroker({ journal });
  const taker = await first.subscriber("/queue/a", { ack: "client-individual", "prefetch-count": "1" });
  const sender = await first.client();
  for (const body of ["1", "2", "3"]) {
    await sender.told("SEND", { destination: "/queue/a", persistent: "true", subject: "a\\cb" }, body);
  }
  expect(await take(taker, 1)).toEqual(["1"]);
  await first.broker.stop();
  const second = await aBroker({ journal });
  const heir = await second.subscriber("/queue/a");
  const [two, three] = [await heir.hear(), await heir.hear()];
  expect([two, three].map(({ body }) => body.toString())).toEqual(["2", "3"]);
  expect(two.headers.get("subject")).toBe("a:b");
  await second.broker.stop();
  const third = await aBroker({ journal });
  const last = await third.subscriber("/queue/a");
  await last.told("SEND", { destination: "/queue/a" }, "end");
  expect(await last.bodies(1)).toEqual(["end"]);
});

test("a connection keeps its order, though only some of what it sends is written to disk", async () => {
  const broker = await aBroker({ journal: await aFolder() });
  const taker = await broker.subscriber("/queue/a");
  const sender = await broker.client();
  const expected = [...Array(200).keys()].map(String);
  for (const body of expected) {
    sender.say("SEND", { destination: "/queue/a", persistent: String(Number(body) % 3 === 0) }, body);
  }
  expect(await taker.bodies(200)).toEqual(expected);
});

test("a folder that cannot be had is named", async () => {
  const starting = startBroker({
    listen: {},
    logins: LOGINS,
    permits: () => true,
    journal: "/dev/null/journal",
  });
  await expect(starting).rejects.toMatchObject({ code: "E_STORAGE" });
  await expect(starting).rejects.toThrow("/dev/null/journal");
});

type Join = (headers?: Readonly<Record<string, string>>) => Promise<Client>;

/** A broker whose journal is on a disk of ours, and the way to log in there. */
async function brokerOn(disk: TestDisk, limits = defaultLimits): Promise<Join> {
  const { journal, stored } = await startJournal(disk, () => undefined, Number.POSITIVE_INFINITY);
  const now = () => performance.now();
  const common = { logins: LOGINS, permits: () => true, limits, log: () => undefined, now };
  const core = new Core({ ...common, journal, deadLetters: "/queue/dead" });
  core.router.restore(stored.entries());
  const listener = await listenTcp({ host: "127.0.0.1", port: 0 }, core, limits);
  afterwards(async () => {
    const closed = listener.close();
    await core.stop();
    await closed;
  });
  return async (headers = {}) => {
    const client = await dial(listener.address.port);
    afterwards(() => client.leave());
    client.say("CONNECT", { ...login, ...headers });
    await client.hear();
    return client;
  };
}

describe("on a full disk", () => {
  test("a SEND is answered with ERROR, nobody gets it, and the broker goes on", async () => {
    const disk = new TestDisk();
    const client = await brokerOn(disk);
    const taker = await client();
    await taker.told("SUBSCRIBE", { id: "1", destination: "/queue/a", ack: "client-individual" });
    disk.free = 0;
    const sender = await client();
    sender.say("SEND", { destination: "/queue/a", persistent: "true", receipt: "r1" }, "refused");
    sender.say("SEND", { destination: "/queue/a", receipt: "r2" }, "behind it");
    const error = await sender.hear();
    expect(error.command).toBe("ERROR");
    expect(error.headers.get("receipt-id")).toBe("r1");
    expect(error.headers.get("message")).toContain("no space left");
    await sender.ended();
    expect(sender.unasked).toEqual([]);

    const other = await client();
    await other.told("SEND", { destination: "/queue/a" }, "in memory");
    disk.free = Number.POSITIVE_INFINITY;
    await other.told("SEND", { destination: "/queue/a", persistent: "true" }, "on disk");
    expect(await take(taker, 2)).toEqual(["in memory", "on disk"]);
  });

  test("an acknowledgement counts, and is not undone by a restart", async () => {
    const disk = new TestDisk();
    const client = await brokerOn(disk);
    const taker = await client();
    await taker.told("SUBSCRIBE", { id: "1", destination: "/queue/a", ack: "client-individual" });
    for (const body of ["1", "2"]) {
      await taker.told("SEND", { destination: "/queue/a", persistent: "true" }, body);
    }
    disk.free = 0;
    const { headers } = await taker.hear();
    taker.say("ACK", { id: headers.get("ack") ?? "" });
    await taker.told("BEGIN", { transaction: "t" });
    disk.free = Number.POSITIVE_INFINITY;
    await taker.told("SEND", { destination: "/queue/a", persistent: "true" }, "3");
    const restarted = await brokerOn(disk.restarted());
    const heir = await restarted();
    await heir.told("SUBSCRIBE", { id: "1", destination: "/queue/a" });
    expect(await heir.bodies(2)).toEqual(["2", "3"]);
  });

  test("a transaction that cannot be written happens in no part: what it acknowledged comes again", async () => {
    const disk = new TestDisk();
    const client = await brokerOn(disk);
    const worker = await client();
    await worker.told("SUBSCRIBE", { id: "1", destination: "/queue/in", ack: "client-individual" });
    await worker.told("SEND", { destination: "/queue/in", persistent: "true" }, "work");
    const { headers } = await worker.hear();
    await worker.told("BEGIN", { transaction: "t" });
    const result = { destination: "/queue/out", persistent: "true", transaction: "t" };
    await worker.told("SEND", result, "result");
    await worker.told("ACK", { id: headers.get("ack") ?? "", transaction: "t" });
    disk.free = 0;
    await expect(worker.told("COMMIT", { transaction: "t" })).rejects.toThrow("no space left");
    const heir = await client();
    await heir.told("SUBSCRIBE", { id: "1", destination: "/queue/in" });
    await heir.told("SUBSCRIBE", { id: "2", destination: "/queue/out" });
    const again = await heir.hear();
    expect([again.body.toString(), again.headers.get("redelivered")]).toEqual(["work", "true"]);
    expect(heir.unasked).toEqual([]);
  });

  test("a durable subscription that could not be written is written when it is opened again", async () => {
    const disk = new TestDisk();
    const client = await brokerOn(disk);
    disk.free = 0;
    await expect((await client()).told("SUBSCRIBE", durable)).rejects.toThrow("no space left");
    disk.free = Number.POSITIVE_INFINITY;
    const owner = await client();
    await owner.told("SUBSCRIBE", durable);
    await owner.told("DISCONNECT");
    await (await client()).told("SEND", send, "kept");
    const restarted = await brokerOn(disk.restarted());
    const back = await restarted();
    await back.told("SUBSCRIBE", durable);
    expect(await take(back, 1)).toEqual(["kept"]);
  });
});

test("on a slow disk a client is read no faster than it writes, and not taken for silent meanwhile", async () => {
  const disk = new TestDisk();
  const client = await brokerOn(disk, { ...defaultLimits, heartBeat: 30, writeBuffer: 100_000 });
  const taker = await client();
  await taker.told("SUBSCRIBE", { id: "1", destination: "/queue/a" });
  let open = (): void => undefined;
  disk.gate = new Promise((resolve) => {
    open = resolve;
  });
  const sender = await client({ "heart-beat": "30,0" });
  const silent = await client({ "heart-beat": "30,0" });
  const bodies = Array.from({ length: 300 }, (_value, index) => `${index}:${"x".repeat(30_000)}`);
  for (const body of bodies) sender.say("SEND", { destination: "/queue/a", persistent: "true" }, body);
  expect((await silent.hear()).headers.get("message")).toBe("no heart-beats");
  await silent.ended();
  expect(sender.socket.writableLength).toBeGreaterThan(0);
  expect(taker.unasked).toEqual([]);
  open();
  expect(await taker.bodies(300)).toEqual(bodies);
  expect(sender.unasked).toEqual([]);
});

describe("kill -9", () => {
  /** A broker in a process of its own. */
  async function aProcess(journal: string): Promise<{ process: ChildProcess; port: number }> {
    const server = pathToFileURL(join("dist", "daemons", "broker", "server.js")).href;
    const script = `
      import { startBroker } from ${JSON.stringify(server)};
      const broker = await startBroker({
        listen: { tcp: { host: "127.0.0.1", port: 0 } },
        logins: new Map([["ann", "secret"]]),
        permits: () => true,
        journal: ${JSON.stringify(journal)},
      });
      console.log(broker.addresses.tcp.port);`;
    const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    afterwards(async () => {
      if (child.exitCode === null && child.signalCode === null) child.kill("SIGKILL");
      return Promise.resolve();
    });
    const [line] = (await once(createInterface(child.stdout), "line")) as unknown[];
    return { process: child, port: Number(line) };
  }

  async function joined(port: number): Promise<Client> {
    const client = await dial(port);
    afterwards(() => client.leave());
    client.say("CONNECT", { ...login, "client-id": "agent.web1" });
    await client.hear();
    return client;
  }

  /** Sends as fast as it can, twenty at a time, and tells each confirmation, until the broker is gone. */
  async function sendUntilKilled(
    client: Client,
    destination: string,
    from: number,
    confirm: (number: number) => void,
  ): Promise<void> {
    for (let next = from; ; next++) {
      client.say("SEND", { destination, persistent: "true", receipt: next }, String(next));
      if (next < from + 20) continue;
      const receipt = await client.hearOrEnd();
      if (receipt === undefined) return;
      confirm(Number(receipt.headers.get("receipt-id")));
    }
  }

  test("nothing that was confirmed is lost, nothing acknowledged comes again, and all is in order", async () => {
    const journal = await aFolder();
    const confirmed: Record<string, number[]> = { "/queue/a": [], "/topic/deploy.web1": [] };
    const first = await aProcess(journal);
    await (await joined(first.port)).told("SUBSCRIBE", durable);
    first.process.kill("SIGKILL");
    await once(first.process, "exit");
    for (let round = 0; round < 4; round++) {
      const broker = await aProcess(journal);
      let left = 50 + 333 * round;
      const sending = Object.entries(confirmed).map(async ([destination, numbers]) => {
        const client = await joined(broker.port);
        await sendUntilKilled(client, destination, round * 1_000_000, (number) => {
          numbers.push(number);
          left -= 1;
          if (left === 0) broker.process.kill("SIGKILL");
        });
      });
      await Promise.all([once(broker.process, "exit"), ...sending]);
    }

    const last = await aProcess(journal);
    const client = await joined(last.port);
    for (const [destination, expected] of Object.entries(confirmed)) {
      const fresh = { ...durable, "prefetch-count": "1000", "activemq.prefetchSize": "1000" };
      await client.told("SUBSCRIBE", { ...fresh, id: destination, destination, ack: "client" });
      await client.told("SEND", { destination, persistent: "true" }, "end");
      const heard: string[] = [];
      let ack = "";
      while (heard.at(-1) !== "end") {
        const message = await client.hear();
        heard.push(message.body.toString());
        ack = message.headers.get("ack") ?? "";
        if (heard.length % 500 === 0) client.say("ACK", { id: ack });
      }
      await client.told("ACK", { id: ack });
      const numbers = heard.slice(0, -1).map(Number);
      expect(expected.length).toBeGreaterThan(20);
      expect(missing(expected, numbers)).toBe(0);
      expect(numbers).toEqual(numbers.toSorted((one, other) => one - other));
      expect(new Set(numbers).size).toBe(numbers.length);
    }
    last.process.kill("SIGKILL");
    await once(last.process, "exit");

    const after = await aProcess(journal);
    const nobody = await joined(after.port);
    await nobody.told("SUBSCRIBE", { id: "1", destination: "/queue/a" });
    await nobody.told("SEND", { destination: "/queue/a" }, "only this");
    expect(await nobody.bodies(1)).toEqual(["only this"]);
    expect(await readdir(journal)).toHaveLength(1);
    after.process.kill("SIGKILL");
    await once(after.process, "exit");
  });
});

function missing(expected: readonly number[], found: readonly number[]): number {
  const known = new Set(found);
  return expected.filter((each) => !known.has(each)).length;
}
