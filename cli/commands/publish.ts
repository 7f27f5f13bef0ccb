import { text } from "node:stream/consumers";
import { Failure } from "../../lib/failure.ts";
import { type Data, isMessageType, message, type MessageType } from "../../lib/messages/catalogue.ts";
import { parseData } from "../../lib/messages/envelope.ts";
import { defineCommand } from "../command.ts";
import { print, printJson } from "../output.ts";
import { withSession } from "../session.ts";

export const publish = defineCommand({
  options: (yargs) =>
    yargs.positional("type", { type: "string", demandOption: true, describe: "A type of the catalogue" }),
  run: async (args) => {
    if (!isMessageType(args.type))
      throw new Failure("INPUT_INVALID", `Cannot publish a ${args.type}: the catalogue has no such type`);
    const data = checked(args.type, await text(process.stdin));
    const envelope = await withSession(args, ({ say }) =>
      say(message(args.type as "event.said", data as never)),
    );
    if (args.json) printJson(envelope);
    else print(`published ${envelope.type} ${envelope.id}`);
    return 0;
  },
});

/** What a person typed is theirs to mend: it is in no dead letters. */
function checked<Type extends MessageType>(type: Type, said: string): Data<Type> {
  try {
    return parseData(type, JSON.parse(said));
  } catch (cause) {
    const why = cause instanceof Failure ? cause.message : "standard input is not JSON";
    throw new Failure("INPUT_INVALID", `Cannot publish a ${type}: ${why}`, { cause });
  }
}
