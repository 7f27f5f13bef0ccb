import { z } from "zod";
import { duration } from "../../schema/quantities.ts";
import { perHost } from "./text.ts";

/** How to see that an app works. Durations in milliseconds. */
export const check = z.strictObject({
  url: perHost.describe("Asked after the release is published; `{host}` and `{label.NAME}` are filled in."),
  status: z.int().min(100).max(599).default(200).describe("The status that the answer must have."),
  contains: z
    .string()
    .max(500)
    .optional()
    .describe("Text that the answer must hold; `{revision}` is filled in."),
  deadline: duration.prefault("30s").describe("How long the app may take until it answers right."),
  interval: duration.prefault("250ms").describe("How long to wait between two tries."),
});
export type Check = z.infer<typeof check>;
