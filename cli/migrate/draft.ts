import { keyOf, leavesOf, type Node } from "./tree.ts";

/** Where Skein would fetch a repository from that no older file tells of: nothing answers there. */
export const UNKNOWN_ORIGIN = "https://to-be-completed.invalid/";

/** What became of one line of an older file: where it went, or why it went nowhere. */
export interface Fate {
  readonly file: string;
  readonly line: number;
  readonly key: string;
  readonly to?: string;
  readonly why?: string;
}

type Section = { [key: string]: unknown };
type Path = readonly string[];

/** The configuration that comes of the older files, and what became of each line of them. */
export class Draft {
  readonly config: Section = {};
  readonly secrets = new Map<string, string>();
  readonly toComplete = new Set<string>();
  /** Folders of sites by repository, and sites of front ends by name: apps are made of both. */
  readonly sitedirs = new Map<string, Node[]>();
  readonly sites = new Map<string, Node>();
  /** The command that tells where a repository comes from, on a host that has a clone of it. */
  readonly origins = new Map<string, string>();
  readonly #fates = new Map<Node, { to?: Path; says?: string; why?: string }>();
  readonly #origins = new Map<string, Node>();

  /** Puts a value where it belongs, unless another file says something else of the same place. */
  put(path: Path, value: unknown, node: Node): boolean {
    const there = this.get(path);
    if (there !== undefined && JSON.stringify(there) !== JSON.stringify(value)) {
      const origin = this.#origins.get(path.join("\0"));
      const where = origin === undefined ? "another file" : `${origin.file}:${origin.line}`;
      this.leave(node, `${where} says something else of ${path.join(".")}: the first one counts`);
      return false;
    }
    let section = this.config;
    for (const key of path.slice(0, -1)) section = own(section, key) ?? made(section, key);
    define(section, path.at(-1) ?? "", value);
    if (!this.#origins.has(path.join("\0"))) this.#origins.set(path.join("\0"), node);
    this.take(node, path);
    return true;
  }

  get(path: Path): unknown {
    let value: unknown = this.config;
    for (const key of path)
      value =
        typeof value === "object" && value !== null && Object.hasOwn(value, key)
          ? (value as Section)[key]
          : undefined;
    return value;
  }

  /** Says that a line, with all below it, went somewhere. */
  take(node: Node, to: Path, says?: string): void {
    for (const leaf of leavesOf(node)) this.#fates.set(leaf, { to, ...(says === undefined ? {} : { says }) });
  }

  /** Says why a line, with all below it that nobody took, went nowhere. */
  leave(node: Node, why: string): void {
    for (const leaf of leavesOf(node)) if (!this.#fates.has(leaf)) this.#fates.set(leaf, { why });
  }

  /** Says the same of a line that was taken with what is around it, but by itself goes nowhere. */
  retract(node: Node, why: string): void {
    for (const leaf of leavesOf(node)) this.#fates.set(leaf, { why });
  }

  /** Remembers where the files of a site are: several files may say the same. */
  sitedir(repository: string, node: Node): void {
    const [first, ...others] = this.sitedirs.get(repository) ?? [];
    if (first !== undefined && first.text !== node.text)
      this.leave(node, `${first.file}:${first.line} says something else of it: the first one counts`);
    else this.sitedirs.set(repository, first === undefined ? [node] : [first, ...others, node]);
  }

  /** Remembers how a person learns where a repository comes from: of a clone that is there. */
  origin(repository: string, clone: string): void {
    const command = `git -C ${clone} remote get-url origin`;
    // It is printed for people to run: nothing in it may mean anything to a shell.
    if (!/^\/[A-Za-z0-9._/-]+$/.test(clone)) return;
    if (!this.origins.has(repository)) this.origins.set(repository, command);
  }

  /** Puts a value in the place of a former one that was only made up, or was added to. */
  replace(path: Path, value: unknown): void {
    let section = this.config;
    for (const key of path.slice(0, -1)) section = own(section, key) ?? made(section, key);
    define(section, path.at(-1) ?? "", value);
  }

  /** Says where a repository comes from: what was made up until now gives way. */
  settle(path: Path, url: string, node: Node): void {
    const there = this.get(path);
    if (typeof there === "string" && there.startsWith(UNKNOWN_ORIGIN)) {
      this.replace(path, url);
      this.#origins.set(path.join("\0"), node);
    }
    this.put(path, url, node);
  }

  /** Keeps a secret in a file of its own, and says where it is found. */
  secret(wanted: string, value: string): { readonly file: string } {
    const plain = wanted.replace(/[^A-Za-z0-9_-]+/g, "-").slice(0, 80) || "secret";
    let name = plain;
    for (let more = 2; this.secrets.has(name) && this.secrets.get(name) !== value; more += 1)
      name = `${plain}-${more}`;
    this.secrets.set(name, value);
    return { file: `secrets/${name}` };
  }

  /** Takes out again what the schema refuses; the lines that it came from count as left over. */
  withdraw(path: Path, why: string): void {
    const parent = this.get(path.slice(0, -1));
    if (Array.isArray(parent)) parent.splice(Number(path.at(-1)), 1);
    else if (typeof parent === "object" && parent !== null) delete (parent as Section)[path.at(-1) ?? ""];
    for (const [node, { to }] of this.#fates)
      if (to !== undefined && path.every((key, index) => to[index] === key)) this.#fates.set(node, { why });
  }

  /** What became of every line of a file. */
  fatesIn(root: Node): readonly Fate[] {
    return leavesOf(root).map((leaf) => {
      const { file, line } = leaf;
      const fate = this.#fates.get(leaf) ?? { why: "Skein has nothing that this key would be for" };
      const to = fate.to === undefined ? undefined : (fate.says ?? fate.to.join("."));
      return {
        file,
        line,
        key: keyOf(leaf),
        ...(to === undefined ? { why: fate.why ?? "" } : { to }),
      };
    });
  }
}

function own(section: Section, key: string): Section | undefined {
  const value = Object.hasOwn(section, key) ? section[key] : undefined;
  return typeof value === "object" && value !== null ? (value as Section) : undefined;
}

function made(section: Section, key: string): Section {
  const below: Section = {};
  define(section, key, below);
  return below;
}

/** A key of an older file may be `__proto__`. */
function define(section: Section, key: string, value: unknown): void {
  Object.defineProperty(section, key, { value, enumerable: true, configurable: true, writable: true });
}
