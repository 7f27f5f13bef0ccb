import { text } from "node:stream/consumers";
import { Failure } from "../../lib/failure.ts";
import { isMessageType, message } from "../../lib/messages/catalogue.ts";
import { parseData } from "../../lib/messages/envelope.ts";
import { defineCommand } from "../command.ts";
import { print, printJson } from "../output.ts";
import { withSession } from "../session.ts";

export const publish = defineCommand({
  options: (yargs) =>
    yargs.positional("type", { type: "string", demandOption: true, describe: "A type of the catalogue" }),
  run: async (args) => {
    if (!isMessageType(args.type))
      throw new Failure("MESSAGE_UNKNOWN", `Cannot publish a ${args.type}: the catalogue has no such type`);
    const data = parseData(args.type, parseJson(await text(process.stdin)));
    const envelope = await withSession(args, ({ say }) =>
      say(message(args.type as "event.said", data as never)),
    );
    if (args.json) printJson(envelope);
    else print(`published ${envelope.type} ${envelope.id}`);
    return 0;
  },
});

function parseJson(said: string): unknown {
  try {
    return JSON.parse(said);
  } catch (cause) {
    throw new Failure("MESSAGE_INVALID", "Cannot publish: standard input is not JSON", { cause });
  }
}
