import type { z } from "zod";

const MOST = 1_000;

/** What a schema objects to, in one line that is safe to print whoever wrote the value. */
export function problemsOf({ issues }: z.ZodError): string {
  return issues
    .map(({ path, message }) => `${path.join(".") || "it"}: ${message}`)
    .join("; ")
    .replace(/[^\x20-\x7e]/g, "?")
    .slice(0, MOST);
}
