import { z } from "zod";
import { hostname } from "node:os";
import { Failure } from "../../lib/failure.ts";
import { isMessageType, type Message } from "../../lib/messages/catalogue.ts";
import { inDialect } from "../../lib/messages/destinations.ts";
import { DIALECTS } from "../../lib/messages/dialect/dialects.ts";
import { enclose, type Envelope, fromRecord, parseData } from "../../lib/messages/envelope.ts";
import type { Frame } from "../../lib/messages/frame.ts";
import { write } from "../../lib/messages/wire.ts";
import { defineCommand } from "../command.ts";
import { answerLines, shapedAs } from "../json-lines.ts";
import { readTopics } from "../topics.ts";

const said = z.object({ type: z.string(), data: z.unknown(), id: z.string().optional() });

export const encode = defineCommand({
  options: (yargs) =>
    yargs.option("dialect", {
      choices: DIALECTS,
      default: "cloudevents" as const,
      describe: "The form to write: events, or the texts of the older kit",
    }),
  run: async ({ config, dialect }) => {
    const topics = inDialect(dialect, readTopics(config));
    await answerLines((each) => write(envelopeOf(each), topics).map(shown));
    return 0;
  },
});

/** An envelope as it is, or data of a type in a new one. */
function envelopeOf(line: unknown): Envelope {
  const { type, data, id } = shapedAs(said, line, '{"type", "data"}, or a whole envelope');
  if (id !== undefined) return fromRecord(line);
  if (!isMessageType(type))
    throw new Failure("MESSAGE_UNKNOWN", `Cannot write a ${type}: the catalogue has no such type`);
  const message = { type, data: parseData(type, data) } as Message;
  return enclose(message, { source: `//${hostname()}/cli`, now: new Date() });
}

/** A frame as JSON, its headers in the order in which they are sent. */
function shown({ destination, headers: { subject, ...others }, body }: Frame) {
  const text = Buffer.from(body).toString("utf8");
  return {
    destination,
    headers: { subject, destination, "content-length": String(body.length), ...others },
    body: text,
  };
}
