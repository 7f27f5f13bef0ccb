import { createInterface } from "node:readline";
import type { z } from "zod";
import { codeOf, Failure, reasonOf } from "../lib/failure.ts";
import { printJson } from "./output.ts";

/** Answers each line of standard input, as JSON, with lines of JSON. What cannot be answered is refused, and the next line follows. */
export async function answerLines(answer: (said: unknown) => readonly unknown[]): Promise<void> {
  for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
    if (line.trim() !== "") for (const each of answered(line, answer)) printJson(each);
  }
}

function answered(line: string, answer: (said: unknown) => readonly unknown[]): readonly unknown[] {
  try {
    return answer(parsedJson(line));
  } catch (error) {
    return [{ refused: codeOf(error) ?? "MESSAGE_INVALID", reason: reasonOf(error) }];
  }
}

function parsedJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch (cause) {
    throw new Failure("MESSAGE_INVALID", "Cannot read a line of standard input: it is not JSON", { cause });
  }
}

/** Checks what a line must be to be answered at all. */
export function shapedAs<Schema extends z.ZodType>(
  schema: Schema,
  said: unknown,
  form: string,
): z.infer<Schema> {
  const result = schema.safeParse(said);
  if (result.success) return result.data;
  throw new Failure("MESSAGE_INVALID", `Cannot read a line of standard input: it must be ${form}`);
}
