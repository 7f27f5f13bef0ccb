import { z } from "zod";
import { catalogue, type MessageType } from "../messages/catalogue.ts";
import { blanksOf, type Override, STANDARD_TOPICS } from "../messages/destinations.ts";
import { DIALECTS, OLDER_DESTINATIONS } from "../messages/dialect/dialects.ts";

const destination = z
  .string({ error: "must be /topic/NAME or /queue/NAME" })
  .regex(
    /^\/(topic|queue)\/([A-Za-z0-9_-]|\{(host|source|result)\})+(\.([A-Za-z0-9_-]|\{(host|source|result)\})+)*$/,
    { error: "must be /topic/NAME or /queue/NAME" },
  );

const override = z.union(
  [
    destination,
    z.strictObject({
      destination: destination
        .optional()
        .describe("Where it goes, and is heard; the dialect's own where it is left out."),
      dialect: z
        .enum(DIALECTS)
        .optional()
        .describe("Which form it is written in: that of the older kit, or events. Every form is read."),
    }),
  ],
  {
    error:
      "must be /topic/NAME or /queue/NAME, or a section with a destination and a dialect: cloudevents or deploykit",
  },
);

/** How destinations are named. */
export const topics = z.strictObject({
  prefix: z
    .string()
    .regex(/^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$/, { error: "must be words joined by dots" })
    .default(STANDARD_TOPICS.prefix)
    .describe("What the name of every destination begins with."),
  overrides: z
    .partialRecord(
      z.enum(Object.keys(catalogue) as [MessageType, ...MessageType[]]).describe("a type of message"),
      override,
    )
    .superRefine((overrides, context) => {
      for (const [type, each] of Object.entries(overrides) as [MessageType, Override][])
        for (const message of wrongIn(type, each))
          context.addIssue({ code: "custom", path: [type], message });
    })
    .default({})
    .describe("Whole destinations for types of message that live elsewhere, or that the older kit hears."),
});

/** What only the type can tell: whether it knows a blank, and whether the older kit knows it. */
function wrongIn(type: MessageType, each: Override): string[] {
  const { destination: named = "", dialect } =
    typeof each === "string" ? { destination: each, dialect: undefined } : each;
  const blanks = [...named.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => name);
  const strange = blanks.filter((name) => !blanksOf(type).includes(name));
  const spread = named.startsWith("/queue/") ? blanks.filter((name) => name !== "host") : [];
  return [
    ...strange.map((name) => `must not hold {${name}}: a ${type} has none`),
    ...spread.map((name) => `must be a topic to hold {${name}}: a queue is not heard by a pattern`),
    ...(dialect === "deploykit" && OLDER_DESTINATIONS[type] === undefined
      ? ["cannot be in dialect deploykit: the older kit has no such message"]
      : []),
  ];
}
