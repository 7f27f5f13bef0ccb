import { execFileSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { brokers } from "./support/brokers.mjs";
import { median, quantile } from "./support/figures.mjs";
import { machine } from "./support/machine.mjs";
import { residentMemory } from "./support/processes.mjs";
import { connect } from "./support/stomp.mjs";

const ROUNDS = 5;
const BODY = "x".repeat(1_024);
const [ONE_TO_ONE, FAN_OUT, MANY, PERSISTENT] = [20_000, 500, 1_000, 5_000];
const HUNDRED = 100;
const IN_FLIGHT = 64;
const MOMENTS = 40;
/** How many messages may be under way to each subscriber. */
const AHEAD = 1_000;
/** What is wanted of the embedded broker, as a multiple of RabbitMQ's. */
const TARGETS = {
  oneToOne: { least: 2 },
  fanOut: { least: 3 },
  last: { most: 0.5 },
  persistent: { least: 1 },
  memory: { most: 0.35 },
  started: { most: 0.1 },
};

/** The embedded broker beside RabbitMQ and ActiveMQ, over the same sockets, from the same load generator. */
export async function bench() {
  const on = [...machine(), ...versions()];
  const taken = new Map(brokers.map(({ name }) => [name, []]));
  for (let round = 0; round < ROUNDS; round += 1) {
    const turn = round % 2 === 0 ? brokers : brokers.toReversed();
    for (const broker of turn) taken.get(broker.name).push(await oneRound(broker));
  }
  return found(taken, on);
}

async function oneRound(broker) {
  const folder = await mkdtemp(join(tmpdir(), "skein-bench-broker-"));
  const running = await broker.start(folder);
  try {
    return {
      started: running.started,
      oneToOne: await throughput(running, 1, ONE_TO_ONE),
      fanOut: await throughput(running, HUNDRED, FAN_OUT),
      persistent: await persistent(running),
      ...(await manySubscribers(running)),
    };
  } finally {
    await running.stop();
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function subscribers(running, count, destination) {
  const all = [];
  // Not all at once: the list of those who wait for a connection is short everywhere.
  while (all.length < count) {
    const some = Math.min(50, count - all.length);
    all.push(...(await Promise.all(Array.from({ length: some }, () => connect(running)))));
  }
  await Promise.all(
    all.map((client) => {
      client.say("SUBSCRIBE", { id: "s", destination, ack: "auto", receipt: "r" });
      return client.heard(2);
    }),
  );
  return all;
}

/** Deliveries per second of what one sends to some who listen. */
async function throughput(running, count, messages) {
  const destination = `/topic/skein.bench.${count}`;
  const listening = await subscribers(running, count, destination);
  const sender = await connect(running);
  const frame = Buffer.from(`SEND\ndestination:${destination}\ncontent-length:${BODY.length}\n\n${BODY}\0`);
  const begun = performance.now();
  for (let sent = 0; sent < messages; sent += 1) {
    if (!sender.write(frame)) await sender.drained();
    // Whoever sends without looking finds out what a broker does with subscribers that are slow, not how fast it is.
    if (sent % (AHEAD / 2) === 0)
      await Promise.all(listening.map((client) => client.heard(2 + sent - AHEAD)));
  }
  await Promise.all(listening.map((client) => client.heard(2 + messages)));
  const seconds = (performance.now() - begun) / 1_000;
  for (const client of [...listening, sender]) client.end();
  return (messages * count) / seconds;
}

/** Messages per second to a queue, each on disk before its receipt, with some under way at a time. */
async function persistent(running) {
  const sender = await connect(running);
  const frame = `SEND\ndestination:/queue/skein.bench\npersistent:true\nreceipt:r\ncontent-length:${BODY.length}\n\n${BODY}\0`;
  const begun = performance.now();
  for (let sent = 0; sent < PERSISTENT; sent += 1) {
    sender.write(frame);
    await sender.heard(1 + sent + 1 - IN_FLIGHT);
  }
  await sender.heard(1 + PERSISTENT);
  const seconds = (performance.now() - begun) / 1_000;
  sender.end();
  return PERSISTENT / seconds;
}

/** How long one message takes to the last of many who listen, and the memory that it takes to have them. */
async function manySubscribers(running) {
  const destination = "/topic/skein.bench.many";
  const listening = await subscribers(running, MANY, destination);
  const memory = residentMemory(running.pid);
  const sender = await connect(running);
  const times = [];
  for (let sent = 0; sent < MOMENTS; sent += 1) {
    const begun = performance.now();
    sender.say("SEND", { destination }, BODY);
    await Promise.all(listening.map((client) => client.heard(2 + sent + 1)));
    times.push(performance.now() - begun);
  }
  for (const client of [...listening, sender]) client.end();
  return { memory, times };
}

function found(taken, on) {
  const of = (name) => {
    const rounds = taken.get(name);
    if (rounds === undefined) return undefined;
    const middle = (figure) => median(rounds.map((round) => round[figure]));
    return {
      ...Object.fromEntries(
        ["oneToOne", "fanOut", "persistent", "memory", "started"].map((each) => [each, middle(each)]),
      ),
      last: quantile(
        rounds.flatMap(({ times }) => times),
        0.99,
      ),
    };
  };
  const [ours, theirs, others] = ["embedded", "RabbitMQ", "ActiveMQ"].map(of);
  const ratio = (figure) => (theirs === undefined ? undefined : ours[figure] / theirs[figure]);
  const isMet = ([figure, { least = 0, most = Number.POSITIVE_INFINITY }]) =>
    ratio(figure) === undefined || (ratio(figure) >= least && ratio(figure) <= most);
  const shown = (figures, figure, unit) =>
    figures === undefined ? "not here" : `${Math.round(figures[figure]).toLocaleString("en")}${unit}`;
  const row = (what, figure, unit) => {
    const { least, most } = TARGETS[figure];
    const times = ratio(figure) === undefined ? "" : `**${ratio(figure).toFixed(2)}×**`;
    return [
      what,
      shown(ours, figure, unit),
      shown(theirs, figure, unit),
      shown(others, figure, unit),
      times,
      least === undefined ? `at most ${most}×` : `at least ${least}×`,
    ];
  };
  return {
    title: "The embedded broker beside RabbitMQ and ActiveMQ.",
    target: "the last column, of RabbitMQ's figure in the same run",
    met: Object.entries(TARGETS).every(isMet),
    headings: ["", "embedded", "RabbitMQ", "ActiveMQ", "of RabbitMQ's", "target"],
    rows: [
      row("one to one: messages per second", "oneToOne", ""),
      row("one to 100: deliveries per second", "fanOut", ""),
      row("one to 1,000: until the last has it, 99 % are under", "last", " ms"),
      row("persistent, 64 in flight: messages per second", "persistent", ""),
      row("resident memory with 1,000 subscribers", "memory", " MB"),
      row("from the start to the first CONNECTED", "started", " ms"),
    ],
    how:
      `${ROUNDS} rounds, the medians (the 99 % of all messages of all rounds); in each round each broker is started anew in a folder of its own, one after the other, in another order every other time, and has the machine to ` +
      `itself but for the load generator, a single process with plain sockets that counts what comes. Bodies of 1 KiB. The embedded broker is \`skein run broker\`; RabbitMQ and ActiveMQ (stomp+nio, KahaDB) are Debian's, ` +
      `configured with listeners alone. Topics with \`ack:auto\`, at most ${AHEAD} messages under way; the queue is a durable one, \`persistent:true\`, each message with a receipt, on each broker's own way to the disk.`,
    on,
  };
}

function versions() {
  const packages = ["rabbitmq-server", "activemq"];
  const printed = packages.map((name) => {
    try {
      return execFileSync("dpkg-query", ["--show", "--showformat=${Package} ${Version}", name], {
        encoding: "utf8",
        stdio: ["ignore", "pipe", "ignore"],
      });
    } catch {
      return `no ${name}`;
    }
  });
  return [printed.join(", ")];
}
