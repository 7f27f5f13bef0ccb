import mustache from "mustache";
import { Failure } from "./failure.ts";

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

/** A context that notes which names it does not know. */
class Strict extends mustache.Context {
  readonly lacks: Set<string>;

  constructor(view: unknown, parent: mustache.Context | undefined, lacks: Set<string>) {
    super(view, parent);
    this.lacks = lacks;
  }

  override push(view: unknown): mustache.Context {
    return new Strict(view, this, this.lacks);
  }

  override lookup(name: string): unknown {
    const value: unknown = super.lookup(name);
    if (value === undefined) this.lacks.add(name);
    return value;
  }
}

/**
 * Fills a template in, but leaves nothing out in silence: every name in it must be known.
 * @param what the template is called in errors
 * @throws {Failure} TEMPLATE_INVALID
 */
export function strictlyFilled(template: string, what: string, view: View): string {
  const problem = templateProblem(template);
  if (problem !== undefined) throw new Failure("TEMPLATE_INVALID", `Cannot fill in ${what}: ${problem}`);
  const lacks = new Set<string>();
  const text = new mustache.Writer().render(template, new Strict(view, undefined, lacks), undefined, {
    escape: (value: unknown) => String(value),
  });
  const names = [...lacks].filter((name) => !isAsked(template, name));
  if (names.length === 0) return text;
  const places = names.map((name) => `${what}:${lineOf(template, name)} there is no ${name}`);
  throw new Failure("TEMPLATE_INVALID", `Cannot fill in ${what}: ${places.join("; ")}`);
}

/** `{{^name}}` asks whether there is something: then it need not be there. */
const isAsked = (template: string, name: string): boolean =>
  new RegExp(String.raw`\{\{\s*\^\s*${name.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)}\s*\}\}`).test(
    template,
  );

const lineOf = (template: string, name: string): number =>
  template.slice(0, Math.max(0, template.indexOf(name))).split("\n").length;
