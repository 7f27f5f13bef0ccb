import type { Data } from "../../lib/messages/catalogue.ts";
import { parseData } from "../../lib/messages/envelope.ts";

/** A revision of one digit, forty times. */
export const revisionOf = (digit: string): string => digit.repeat(40);

/** A push; state only what the test is about. */
export function aPush(said: Readonly<Record<string, unknown>> = {}): Data<"commit.pushed"> {
  return parseData("commit.pushed", {
    repository: "shop",
    ref: "refs/heads/main",
    before: revisionOf("1"),
    after: revisionOf("a"),
    change: "updated",
    at: "2026-11-21T10:15:02Z",
    commits: [],
    total: 1,
    ...said,
  });
}
