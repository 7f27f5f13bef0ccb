import { z } from "zod";
import { parseAddresses } from "../../lib/bus/address.ts";
import { secretSource } from "../../lib/schema/secret.ts";
import { duration } from "../../lib/schema/quantities.ts";

/** A broker whose address holds no passcode: who we are there stands beside it. */
const brokerAddress = z
  .string()
  .max(2_000)
  .superRefine((text, context) => {
    try {
      const { brokers } = parseAddresses(text);
      if (brokers.every(({ login }) => login === undefined)) return;
      context.addIssue({ code: "custom", message: "must not hold a login: say it in `login`" });
    } catch {
      context.addIssue({
        code: "custom",
        message: "must be like stomp://HOST:PORT, stomp+ssl://, ws://, wss:// or failover:(…)",
      });
    }
  });

const target = z
  .strictObject({
    destination: z
      .string()
      .max(300)
      .regex(/^\/(topic|queue)\/[A-Za-z0-9_-]+([./][A-Za-z0-9_-]+)*$/, {
        error: "must be /topic/NAME or /queue/NAME",
      })
      .describe("Where the beats go."),
    every: duration
      .prefault("60s")
      .refine((milliseconds) => milliseconds >= 1_000, { error: "must be 1s at least" })
      .describe("How often."),
    bus: brokerAddress
      .optional()
      .describe(
        "The broker, in the form of `bus`, without a login; that of everything else where it is left out.",
      ),
    login: z
      .strictObject({
        user: z.string().min(1).max(200).describe("Its name."),
        passcode: secretSource.describe("Where its passcode is found: `{ file: PATH }` or `{ env: NAME }`."),
      })
      .optional()
      .describe("Who the beats come from; as everything else where it is left out."),
    "somebody-reads-it": z
      .boolean()
      .default(false)
      .describe("Of a queue: that somebody takes what is in it. Otherwise beats would fill it for ever."),
    "no-stomp-git-3.20": z
      .boolean()
      .default(false)
      .describe("Of a topic of commits: that no stomp-git 3.20 listens there, for it dies of a beat."),
  })
  .superRefine((each, context) => {
    const refuse = (message: string): void => {
      context.addIssue({ code: "custom", path: ["destination"], message });
    };
    if (each.destination.startsWith("/queue/") && !each["somebody-reads-it"])
      refuse("is a queue, which beats fill unless somebody reads it: then say `somebody-reads-it: true`");
    if (each.destination.endsWith(".commits") && !each["no-stomp-git-3.20"])
      refuse(
        "is a topic of commits, and stomp-git 3.20 dies of a beat: where none of that version listens, say `no-stomp-git-3.20: true`",
      );
  });

/** A destination that wants beats. */
export type Target = z.infer<typeof target>;

/** The section `keepalive` of the configuration. */
export const keepaliveConfig = z.strictObject({
  targets: z.array(target).max(200).default([]).describe("The destinations, each with its login."),
});
export type KeepaliveConfig = z.infer<typeof keepaliveConfig>;
