import mustache from "mustache";

/** What a template may name. */
export type View = Readonly<Record<string, unknown>>;

/** Fills a template in. Nothing is escaped here: what is harmful differs from channel to channel, and each sees to it. */
export const filled = (template: string, view: View): string =>
  mustache.render(template, view, {}, { escape: (value: unknown) => String(value) });

/** What is wrong with a template, or undefined where nothing is. */
export function templateProblem(template: string): string | undefined {
  try {
    mustache.parse(template);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
