import { shortRef } from "../../schema/names.ts";
import type { Order } from "./ci.ts";

/** What may stand in braces in texts of the configuration. */
export const PLACES = ["build", "job", "repository", "project", "ref", "branch", "revision"] as const;

/** What is filled in for each of them. */
export const valuesOf = ({
  project,
  ...order
}: Pick<Order, "build" | "job" | "repository" | "project" | "ref" | "revision">): Readonly<
  Record<(typeof PLACES)[number], string>
> => ({
  build: order.build,
  job: order.job,
  repository: order.repository,
  project: project ?? "",
  ref: order.ref,
  branch: shortRef(order.ref),
  revision: order.revision,
});

/** Each place is looked at once: a value that looks like a place is not filled in turn. */
export const filled = (text: string, values: Readonly<Record<string, string>>): string =>
  text.replace(/\{([a-z]+)\}/g, (whole, name: string) =>
    Object.hasOwn(values, name) ? (values[name] ?? "") : whole,
  );

/** Fills all texts of something that is then written as JSON: whatever a value holds, it stays inside its text. */
export function filledIn(template: unknown, values: Readonly<Record<string, string>>): unknown {
  if (typeof template === "string") return filled(template, values);
  if (Array.isArray(template)) return template.map((each: unknown) => filledIn(each, values));
  if (typeof template !== "object" || template === null) return template;
  return Object.fromEntries(Object.entries(template).map(([key, each]) => [key, filledIn(each, values)]));
}
