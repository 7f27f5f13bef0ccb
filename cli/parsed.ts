import type { z } from "zod";
import { Failure } from "../lib/failure.ts";

/**
 * Checks a word of the command line.
 * @throws {Failure} NAME_INVALID
 */
export function parsed<Schema extends z.ZodType>(
  schema: Schema,
  word: unknown,
  what: string,
): z.infer<Schema> {
  const result = schema.safeParse(word);
  if (result.success) return result.data;
  const shown = JSON.stringify(String(word).slice(0, 80));
  throw new Failure(
    "NAME_INVALID",
    `Cannot use ${shown} as ${what}: it ${result.error.issues[0]?.message ?? "is wrong"}`,
  );
}
