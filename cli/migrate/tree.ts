import { isMap, isScalar, isSeq } from "yaml";
import { type ReadYaml, readYaml } from "../../lib/schema/yaml.ts";

/** A value in a file of the older kit, and where it stands. Ruby's symbols are read as plain words. */
export interface Node {
  readonly file: string;
  readonly line: number;
  readonly path: readonly string[];
  /** Of what is neither a map nor a list. */
  readonly text: string;
  readonly entries: ReadonlyMap<string, Node>;
  readonly items: readonly Node[];
}

/** What is wrong with a file that cannot be read. */
export interface Unreadable {
  readonly file: string;
  readonly line: number;
  readonly says: string;
}

type Document = Extract<ReadYaml, { document: unknown }>;

/** Reads a file of the older kit. */
export function readOlder(file: string, text: string): Node | Unreadable {
  const read = readYaml(text);
  if ("flaws" in read) return { file, line: read.flaws[0]?.line ?? 1, says: read.flaws[0]?.says ?? "" };
  return nodeOf(read.document.contents, { file, line: 1, path: [] }, read);
}

type Place = Pick<Node, "file" | "line" | "path">;

function nodeOf(value: unknown, place: Place, read: Document): Node {
  const lineOf = (each: unknown): number => {
    const range = (each as { range?: readonly number[] | null } | null)?.range;
    return range?.[0] === undefined ? place.line : read.at(range[0], "").line;
  };
  const within = (name: string, line: number): Place => ({
    file: place.file,
    line,
    path: [...place.path, name],
  });
  if (isMap(value))
    return {
      ...place,
      text: "",
      items: [],
      entries: new Map(
        value.items.map((pair) => {
          const key = word(isScalar(pair.key) ? pair.key.value : pair.key);
          return [key, nodeOf(pair.value, within(key, lineOf(pair.key)), read)];
        }),
      ),
    };
  if (isSeq(value))
    return {
      ...place,
      text: "",
      entries: new Map(),
      items: value.items.map((each, index) => nodeOf(each, within(`[${index}]`, lineOf(each)), read)),
    };
  const scalar = isScalar(value) ? value.value : value;
  return { ...place, text: word(scalar), entries: new Map(), items: [] };
}

const word = (value: unknown): string =>
  // What is neither text nor number, such as null, says nothing.
  typeof value === "string" || typeof value === "number" || typeof value === "boolean"
    ? String(value).replace(/^:(?=[A-Za-z])/, "")
    : "";

/** Every value below a node that has none below itself. */
export function leavesOf(node: Node): readonly Node[] {
  const below = [...node.entries.values(), ...node.items];
  return below.length === 0 ? [node] : below.flatMap(leavesOf);
}

/** The key of a node as a person writes it: `repo-list.shop.mode`. */
export const keyOf = ({ path }: Pick<Node, "path">): string =>
  path.join(".").replaceAll(".[", "[") || "(the whole file)";
