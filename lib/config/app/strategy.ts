import { z } from "zod";
import { duration, portion } from "../../schema/quantities.ts";

/** How a rollout goes over the hosts. Durations in milliseconds. */
export const strategy = z.strictObject({
  canary: z.int().min(0).max(1_000).default(1).describe("How many hosts go first, alone; 0 for none."),
  batches: portion
    .default("25%")
    .describe("How many of the other hosts go at once: a count, or a share of all."),
  "max-failures": z.int().min(0).default(0).describe("How many hosts may fail before everything stops."),
  pause: duration.prefault("0s").describe("How long to wait between batches."),
  "on-failure": z
    .enum(["stop", "rollback"])
    .default("stop")
    .describe("Whether hosts that were switched go back when the rollout fails."),
});
