import { Failure } from "../../failure.ts";
import { type Header, shown } from "./header.ts";

/** What a member is to become, at a path below the one folder that everything in the archive lies in. */
export type Entry =
  | { readonly kind: "folder"; readonly path: string; readonly mode: number }
  | {
      readonly kind: "file";
      readonly path: string;
      readonly mode: number;
      readonly size: number;
      readonly mtime: number;
    }
  /** A second name of a file that came before. */
  | { readonly kind: "name"; readonly path: string; readonly of: string }
  | { readonly kind: "link"; readonly path: string; readonly target: string };

/** How far an archive may go. */
export interface Limits {
  /** Bytes, when it is unpacked. */
  readonly size: number;
  readonly members: number;
  /** How many times its size a packed file may come to. */
  readonly ratio: number;
  /** Whether symbolic links may lead out of it. */
  readonly symlinks: "inside" | "any";
}

/** Looks at one member after the other, and refuses the archive at the first that is not as it should be. */
export interface Census {
  /**
   * What the next member is to become; nothing for the top folder itself.
   * @throws {Failure} E_TAR_PATH, E_TAR_TYPE, E_TAR_MODE, E_TAR_DUPLICATE, E_TAR_ROOTS, E_TAR_LIMIT or E_TAR_FORMAT
   */
  readonly admit: (header: Header) => Entry | undefined;
  /**
   * That nothing is wrong with all of them together.
   * @throws {Failure} E_TAR_PATH where a link leads to what is behind another, E_TAR_FORMAT where there is nothing
   */
  readonly conclude: () => void;
}

const LONGEST_PATH = 3_000;
const LONGEST_NAME = 255;
const DEEPEST = 100;
const SETUID_OR_SETGID = 0o6000;

/** A census that nothing was counted in yet. */
export function openCensus(limits: Limits): Census {
  const kinds = new Map<string, Entry["kind"]>();
  const folded = new Set<string>();
  const links = new Map<string, string>();
  let top: string | undefined;
  let count = 0;

  const requireFree = (path: string, kind: Entry["kind"], header: Header) => {
    for (const above of foldersAbove(path)) {
      const found = kinds.get(above) ?? "folder";
      if (found !== "folder")
        throw refused(
          "E_TAR_PATH",
          header,
          `lies below ${shown(above)}, which is a ${found === "link" ? "link" : "file"}`,
        );
      if (!kinds.has(above)) folded.add(fold(above));
      kinds.set(above, "folder");
    }
    const there = kinds.get(path);
    if (there === "folder" && kind === "folder") return;
    if (there !== undefined) throw refused("E_TAR_DUPLICATE", header, "is in it twice");
    if (folded.has(fold(path)))
      throw refused("E_TAR_DUPLICATE", header, "is in it twice, but for upper and lower case");
    kinds.set(path, kind);
    folded.add(fold(path));
  };

  return {
    admit: (header) => {
      count += 1;
      if (count > limits.members)
        throw refused(
          "E_TAR_LIMIT",
          header,
          `is one more than the ${limits.members} members that are allowed`,
        );
      const kind = kindOf(header);
      const [first, ...rest] = partsOf(header);
      top ??= first;
      if (first !== top)
        throw refused("E_TAR_ROOTS", header, `does not lie in ${shown(top ?? "")} as what came before it`);
      if (first === undefined) return undefined;
      if (rest.length === 0 && kind !== "folder")
        throw refused("E_TAR_ROOTS", header, "lies in no folder: everything must lie in one");
      if (rest.length === 0) return undefined;
      const path = rest.join("/");
      requireFree(path, kind, header);
      const mode = header.mode & 0o755;
      switch (kind) {
        case "folder":
          return { kind, path, mode: mode | 0o700 };
        case "file":
          return { kind, path, mode, size: header.size, mtime: header.mtime };
        case "name": {
          const [of, ...below] = header.link.split("/").filter((part) => part !== "" && part !== ".");
          const whose = below.join("/");
          if (of !== top || kinds.get(whose) !== "file")
            throw refused(
              "E_TAR_PATH",
              header,
              `is a second name of ${shown(header.link)}, which is no file before it`,
            );
          return { kind, path, of: whose };
        }
        case "link":
          if (header.link === "" || /[\x00-\x1f\x7f]/.test(header.link))
            throw refused("E_TAR_PATH", header, "is a link to what no file can be called");
          links.set(path, header.link);
          return { kind, path, target: header.link };
      }
    },
    conclude: () => {
      if (kinds.size === 0)
        throw new Failure("E_TAR_FORMAT", "Cannot unpack the archive: there is no file in it");
      if (limits.symlinks === "any") return;
      for (const [path, target] of links) requireInside(path, target, links);
    },
  };
}

/** Where it leads must be in the archive, and not behind another link: then nothing has to be followed to know it. */
function requireInside(path: string, target: string, links: ReadonlyMap<string, string>): void {
  const about = { name: path };
  const to = `is a link to ${shown(target)}`;
  if (target.startsWith("/")) throw refused("E_TAR_PATH", about, `${to}, an absolute path`);
  const at = path.split("/").slice(0, -1);
  for (const part of target.split("/")) {
    if (part === "" || part === ".") continue;
    if (part === "..") {
      if (at.pop() === undefined) throw refused("E_TAR_PATH", about, `${to}, which leads out of the archive`);
    } else at.push(part);
    if (links.has(at.join("/")))
      throw refused("E_TAR_PATH", about, `${to}, which is, or lies behind, another link`);
  }
}

function kindOf(header: Header): Entry["kind"] {
  const kind = KINDS[header.type];
  if (kind === undefined)
    throw refused("E_TAR_TYPE", header, `is ${OTHERS[header.type] ?? "of a kind that is not known"}`);
  if (kind === "file" && header.name.endsWith("/")) return "folder";
  if (kind === "file" && (header.mode & SETUID_OR_SETGID) !== 0)
    throw refused("E_TAR_MODE", header, "would run as its owner or its group (setuid, setgid)");
  if (kind !== "file" && header.size > 0)
    throw refused("E_TAR_FORMAT", header, "has contents, and is no file");
  return kind;
}

const KINDS: Readonly<Record<string, Entry["kind"]>> = {
  "0": "file",
  "7": "file",
  "1": "name",
  "2": "link",
  "5": "folder",
};
const OTHERS: Readonly<Record<string, string>> = {
  "3": "a character device",
  "4": "a block device",
  "6": "a pipe",
  S: "a sparse file",
};

/** The parts of a path, without those that mean nothing; `./` before it is what tar writes for `tar -C FOLDER .`. */
function partsOf(header: Pick<Header, "name">): readonly string[] {
  const { name } = header;
  if (name.length > LONGEST_PATH) throw refused("E_TAR_PATH", header, `has a path of ${name.length} bytes`);
  if (name.startsWith("/")) throw refused("E_TAR_PATH", header, "has an absolute path");
  if (/[\x00-\x1f\x7f]/.test(name))
    throw refused("E_TAR_PATH", header, "has a control character in its path");
  const parts = name.split("/").filter((part) => part !== "" && part !== ".");
  if (parts.includes("..")) throw refused("E_TAR_PATH", header, "leads upwards");
  if (parts.length > DEEPEST) throw refused("E_TAR_PATH", header, `lies ${parts.length} folders deep`);
  if (parts.some((part) => part.length > LONGEST_NAME))
    throw refused("E_TAR_PATH", header, "has a name that is too long for a file");
  return parts;
}

function foldersAbove(path: string): readonly string[] {
  const parts = path.split("/").slice(0, -1);
  return parts.map((_part, index) => parts.slice(0, index + 1).join("/"));
}

const fold = (path: string): string => Buffer.from(path, "latin1").toString("utf8").toLowerCase();

type RefusalCode =
  | "E_TAR_PATH"
  | "E_TAR_TYPE"
  | "E_TAR_MODE"
  | "E_TAR_DUPLICATE"
  | "E_TAR_ROOTS"
  | "E_TAR_LIMIT"
  | "E_TAR_FORMAT";

const refused = (code: RefusalCode, { name }: Pick<Header, "name">, why: string): Failure =>
  new Failure(code, `Cannot unpack the archive: ${shown(name)} ${why}`);
