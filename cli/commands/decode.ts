import { z } from "zod";
import { Failure } from "../../lib/failure.ts";
import { read } from "../../lib/messages/wire.ts";
import type { Frame } from "../../lib/messages/frame.ts";
import { defineCommand } from "../command.ts";
import { answerLines, shapedAs } from "../json-lines.ts";
import { readTopics } from "../topics.ts";

const frame = z.object({
  destination: z.string().optional(),
  headers: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]).transform(String)).default({}),
  body: z.string().nullish(),
  body_base64: z.string().nullish(),
});
const FORM = '{"destination", "headers", "body"}, or "body_base64" for what is no text';

export const decode = defineCommand({
  options: (yargs) => yargs,
  run: async ({ config }) => {
    const topics = readTopics(config);
    await answerLines((said) => {
      const envelope = read(frameOf(shapedAs(frame, said, FORM)), { topics, now: new Date() });
      return [envelope ?? { ignored: "beat" }];
    });
    return 0;
  },
});

function frameOf({ destination, headers, body, body_base64: bytes }: z.infer<typeof frame>): Frame {
  const at = destination ?? headers["destination"] ?? "";
  if (typeof bytes === "string") return { destination: at, headers, body: Buffer.from(bytes, "base64") };
  if (typeof body === "string") return { destination: at, headers, body: Buffer.from(body, "utf8") };
  throw new Failure("MESSAGE_INVALID", `Cannot read a frame: it has no body; it must be ${FORM}`);
}
