import type { Data } from "../../lib/messages/catalogue.ts";
import type { PackageName, PackageVersion } from "../../lib/schema/debian.ts";

/** What was announced of a package, and is still to be seen here. */
export interface Expected {
  readonly package: PackageName;
  readonly version: PackageVersion | undefined;
  /** What was taken out is not waited for. */
  readonly removed: boolean;
  /** How often it was looked for in vain. */
  readonly looks: number;
}

interface Source {
  readonly expected: Map<string, Expected>;
  /** When it is to be looked at; undefined where nothing is expected of it. */
  due: number | undefined;
  /** When it was last looked at. */
  last: number;
}

interface Delays {
  /** How long to wait for more announcements, and between two looks at one source, in milliseconds. */
  readonly debounce: number;
  readonly spacing: number;
}

/** More packages than this of one source are not remembered one by one: the next look sees them all the same. */
const MOST = 1_000;

/** What hosts wait for, by the source that it is to come from. Only in memory: every look sees all there is. */
export class Attention {
  readonly #sources = new Map<string, Source>();
  readonly #delays: Delays;

  constructor(delays: Delays) {
    this.#delays = delays;
  }

  /** Notes an announcement. Of several for one package, the last one counts. */
  expect(source: string, published: Data<"package.published">, now: number): void {
    const { package: name, version, action } = published;
    const at = this.#at(source);
    if (at.expected.size < MOST || at.expected.has(name))
      at.expected.set(name, { package: name, version, removed: action === "removed", looks: 0 });
    at.due ??= Math.max(now + this.#delays.debounce, at.last + this.#delays.spacing);
  }

  /** Has to be looked for again, so many milliseconds from now; what was announced meanwhile counts more. */
  again(source: string, expected: readonly Expected[], delay: number, now: number): void {
    const at = this.#at(source);
    for (const each of expected)
      if (!at.expected.has(each.package)) at.expected.set(each.package, { ...each, looks: each.looks + 1 });
    if (at.expected.size > 0) at.due = Math.min(at.due ?? Infinity, now + delay);
  }

  /** The sources that are to be looked at by now, each with what is expected of it; they count as looked at. */
  take(now: number): readonly (readonly [source: string, expected: readonly Expected[]])[] {
    return [...this.#sources]
      .filter(([, { due }]) => due !== undefined && due <= now)
      .map(([name, source]) => {
        const expected = [...source.expected.values()];
        source.expected.clear();
        source.due = undefined;
        source.last = now;
        return [name, expected] as const;
      });
  }

  #at(name: string): Source {
    const known = this.#sources.get(name);
    if (known !== undefined) return known;
    const source: Source = { expected: new Map(), due: undefined, last: -Infinity };
    this.#sources.set(name, source);
    return source;
  }
}
