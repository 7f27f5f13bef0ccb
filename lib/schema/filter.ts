import { z } from "zod";

/** What a filter is held against. */
export interface Candidate {
  readonly host: string;
  readonly labels: Readonly<Record<string, string>>;
}

const TERM = /^(?:([A-Za-z][A-Za-z0-9._-]{0,63})(!?=))?([A-Za-z0-9._*?-]{1,253})$/;

/**
 * A filter over hosts: alternatives divided by commas, each of terms joined by `and`.
 * A term is a pattern for the host's name (`web*`) or for a label (`role=web`, `rack!=b`).
 */
export const hostFilter = z
  .string()
  .refine(
    (text) =>
      text.split(",").every((each) => each.split(/\s+and\s+/).every((term) => TERM.test(term.trim()))),
    {
      error: "must be a host filter such as web*, role=web and rack!=b, or web1,web2",
    },
  )
  .brand<"HostFilter">();
export type HostFilter = z.infer<typeof hostFilter>;

/** Every host. */
export const EVERY_HOST = hostFilter.parse("*");

/** Whether a host fits a filter. */
export function fits(filter: HostFilter, candidate: Candidate): boolean {
  return filter
    .split(",")
    .some((each) => each.split(/\s+and\s+/).every((term) => holds(term.trim(), candidate)));
}

function holds(term: string, { host, labels }: Candidate): boolean {
  const [, label, operator, pattern = ""] = TERM.exec(term) ?? [];
  if (label === undefined) return matches(pattern, host);
  const value = Object.hasOwn(labels, label) ? labels[label] : undefined;
  return (value !== undefined && matches(pattern, value)) === (operator === "=");
}

/** Whether a text fits a pattern in which `*` stands for anything and `?` for one character. */
export function matches(pattern: string, text: string): boolean {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, String.raw`\$&`)
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${source}$`, "s").test(text);
}
