import { z } from "zod";
import { Failure } from "../failure.ts";
import { problemsOf } from "./problems.ts";
import { parseStrictJson } from "./strict-json.ts";

const MOST_BYTES = 64 * 1024;

/** Whole seconds since 1970, no later than a date can hold. */
export const instant = z.int().min(0).max(99_999_999_999);
export const why = z.string().max(500);

/** The exact bytes to sign for a value: JSON in ASCII. */
export function encodePayload(value: unknown): Buffer {
  const escape = (unit: string) => String.raw`\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
  return Buffer.from(JSON.stringify(value).replace(/[^\x20-\x7e]/g, escape), "latin1");
}

/**
 * Reads the payload of a command. Only for bytes whose signature was checked.
 * @throws {Failure} E_PARSE
 */
export function decodePayload<Schema extends z.ZodType>(schema: Schema, payload: Buffer): z.infer<Schema> {
  const result = schema.safeParse(parseStrictJson(payload, MOST_BYTES));
  if (result.success) return result.data;
  throw new Failure("E_PARSE", `Cannot read a command: ${problemsOf(result.error)}`);
}
