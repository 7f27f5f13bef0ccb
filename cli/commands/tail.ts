import { heardAt, type Topics } from "../../lib/messages/destinations.ts";
import { lineOf } from "../../lib/messages/envelope.ts";
import type { Frame } from "../../lib/messages/frame.ts";
import { read } from "../../lib/messages/wire.ts";
import { isMessageType } from "../../lib/messages/catalogue.ts";
import { Failure, reasonOf } from "../../lib/failure.ts";
import { safeText } from "../../lib/safe-text.ts";
import { defineCommand } from "../command.ts";
import { note, print, printJson } from "../output.ts";
import { openSession } from "../session.ts";
import { interrupted } from "../interrupted.ts";

export const tail = defineCommand({
  options: (yargs) =>
    yargs
      .positional("topic", {
        type: "string",
        describe:
          "A type of message, or a destination such as /topic/skein.git.*; all topics where it is left out",
      })
      .option("count", { type: "number", describe: "End after so many messages" }),
  run: async (args) => {
    if (args.topic !== undefined && !isMessageType(args.topic) && !args.topic.startsWith("/"))
      throw new Failure(
        "NAME_INVALID",
        `Cannot listen to ${JSON.stringify(args.topic)}: it must be a type of message such as deploy.finished, or a destination such as /topic/skein.git.*`,
      );
    const session = await openSession(args);
    const { topics } = session.settings;
    const wanted = args.topic ?? `/topic/${topics.prefix}.>`;
    const destination = isMessageType(wanted) ? heardAt(wanted, topics) : wanted;
    let left = args.count ?? Infinity;
    let enough: () => void = () => undefined;
    const ended = new Promise<void>((resolve) => (enough = resolve));
    await session.bus.subscribe({ destination, kind: "news", name: "tail", concurrency: 1 }, (delivery) => {
      left -= show(delivery, topics, args.json, isMessageType(wanted) ? wanted : undefined) ? 1 : 0;
      if (left <= 0) enough();
      return Promise.resolve();
    });
    note(`listening on ${destination}; end with Ctrl-C`);
    await Promise.race([interrupted(), ended]);
    await session.close();
    return 0;
  },
});

/** Prints a message, and says whether it was one that was asked for. */
function show(frame: Frame, topics: Topics, json: boolean, only: string | undefined): boolean {
  try {
    const envelope = read(frame, { topics, now: new Date() });
    if (envelope === undefined) return false;
    if (only !== undefined && envelope.type !== only) return false;
    if (json) printJson(envelope);
    else print(`${envelope.time.slice(11, 19)}  ${envelope.type.padEnd(18)}  ${safeText(lineOf(envelope))}`);
  } catch (error) {
    print(`(not a message of ours: ${safeText(reasonOf(error))})`);
  }
  return true;
}
