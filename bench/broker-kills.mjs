import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { embeddedIn } from "./support/brokers.mjs";
import { machine } from "./support/machine.mjs";
import { Consumer, Publisher } from "./support/stomp-pair.mjs";

const [MESSAGES, KILLS, PUBLISHERS] = [1_000_000, 200, 4];
/** How much may be under way: what is sent waits for what is taken. */
const MOST_BEHIND = 20_000;

/** Kills the embedded broker again and again while messages go through a queue, and counts what became of each. */
export async function bench() {
  const on = machine();
  const folder = await mkdtemp(join(tmpdir(), "skein-bench-broker-kills-"));
  const broker = await embeddedIn(folder);
  const consumer = new Consumer("/queue/skein.kills", broker.address);
  const publishers = Array.from(
    { length: PUBLISHERS },
    (_, index) => new Publisher(`p${index}`, "/queue/skein.kills", broker.address, MESSAGES / PUBLISHERS),
  );
  const confirmed = () => publishers.reduce((sum, each) => sum + each.confirmed, 0);
  for (const each of publishers) each.mayGoOn = () => confirmed() - consumer.seen.size < MOST_BEHIND;
  let kills = 0;
  const begun = performance.now();
  try {
    const working = Promise.all(publishers.map((each) => each.run()));
    let over = false;
    const ended = working.then(() => (over = true));
    consumer.run();
    while (!over) {
      // Spread over the run: the next kill when its share of the messages is confirmed, and a little at random after that.
      const due = ((kills + 1) * MESSAGES) / (KILLS + 1);
      while (!over && confirmed() < due) await Promise.race([ended, pause(5)]);
      if (over) break;
      await pause(Math.random() * 50);
      await broker.kill();
      kills += 1;
      await broker.startAgain();
    }
    await working;
    const all = publishers.flatMap(({ ids }) => ids);
    await consumer.until(() => all.every((id) => consumer.seen.has(id)) || consumer.isQuiet());
    return found({ all, consumer, kills, seconds: (performance.now() - begun) / 1_000, on });
  } finally {
    consumer.stop();
    await broker.stop();
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

function found({ all, consumer, kills, seconds, on }) {
  const lost = all.filter((id) => !consumer.seen.has(id)).length;
  const { repeated, unsaid, seen } = consumer;
  const count = (value) => value.toLocaleString("en");
  return {
    title: "The embedded broker, killed again and again under load.",
    target: `of ${count(MESSAGES)} messages with a receipt none lost, and none delivered twice without \`redelivered\`, over ${KILLS} times kill -9`,
    met: lost === 0 && unsaid === 0 && kills >= KILLS && all.length >= MESSAGES,
    headings: ["", ""],
    rows: [
      ["messages whose receipt came", count(all.length)],
      ["kill -9 of the broker", count(kills)],
      ["**of the messages, lost**", `**${count(lost)}**`],
      ["deliveries that repeat one, and say so", count(repeated)],
      ["**that do not say so**", `**${count(unsaid)}**`],
      ["messages that arrived though their receipt never came", count(seen.size - (all.length - lost))],
      ["seconds", seconds.toFixed(0)],
    ],
    how:
      `${PUBLISHERS} publishers, each with 64 messages under way to one queue (\`persistent:true\`, a receipt for each), and a consumer that acknowledges each by itself, 200 at a time. \`skein run broker\` is killed with -9 at random moments, ` +
      "spread over the run, and started anew on its journal. What had no receipt when the connection broke is sent again under another name, so that each name is sent once.",
    on,
  };
}
