import { z } from "zod";
import { duration } from "../../schema/quantities.ts";
import { justOne } from "./just-one.ts";
import { pathPerHost, perHost } from "./text.ts";

/** How to see that an app works, in one of several ways. Durations in milliseconds. */
export const check = z
  .strictObject({
    url: perHost
      .optional()
      .describe("Asked after the release is published; `{host}` and `{label.NAME}` are filled in."),
    tcp: perHost
      .refine((place) => /^[^/]+:(\d+|\{[^}]+\})$/.test(place), { error: "must be HOST:PORT" })
      .optional()
      .describe("HOST:PORT where somebody must take a connection, and keep it."),
    command: z
      .array(perHost)
      .min(1)
      .max(100)
      .optional()
      .describe("A program, and each of its arguments, that must end with 0; it runs as the scripts do."),
    status: z.int().min(100).max(599).default(200).describe("The status that the answer of `url` must have."),
    contains: z
      .string()
      .max(500)
      .optional()
      .describe("Text that the answer, or what `command` prints, must hold; `{revision}` is filled in."),
    log: pathPerHost
      .optional()
      .describe("The app's own log, whose last lines are told where the check fails."),
    deadline: duration.prefault("30s").describe("How long the app may take until it is right."),
    interval: duration.prefault("250ms").describe("How long to wait between two tries."),
  })
  .refine(...justOne("url", "tcp", "command"));
export type Check = z.infer<typeof check>;

/** The checks of an app, in order. */
export const checksOf = ({
  check: first,
  checks,
}: {
  readonly check?: Check | undefined;
  readonly checks: readonly Check[];
}): readonly Check[] => [...(first === undefined ? [] : [first]), ...checks];
