import { Failure } from "../../lib/failure.ts";
import type { Packing } from "../../lib/effects/unpack.ts";
import { archiveWord } from "../../lib/schema/debian.ts";

/** One file that an archive lists, with what it must be. */
export interface ListedFile {
  readonly digest: string;
  readonly size: number;
}

/** What an archive says of a suite, in its InRelease file. */
export interface Release {
  readonly date: Date;
  readonly validUntil: Date | undefined;
  readonly components: readonly string[];
  readonly architectures: readonly string[];
  readonly byHash: boolean;
  /** By their paths below the folder of the suite. */
  readonly files: ReadonlyMap<string, ListedFile>;
}

/** A list of packages: where it is, how it is packed, what it must be. */
export interface Index extends ListedFile {
  readonly component: string;
  readonly architecture: string;
  readonly path: string;
  readonly packing: Packing;
  /** The digest of what is in it, where the archive lists it: what tells whether it changed. */
  readonly contents: ListedFile | undefined;
}

/**
 * Reads the text of a release.
 * @throws {Failure} ARCHIVE_UNREACHABLE
 */
export function readRelease(text: string): Release {
  const fields = fieldsOf(text);
  const words = (name: string) =>
    (fields.get(name) ?? "").split(/\s+/).filter((word) => archiveWord.safeParse(word).success);
  const date = instantOf(fields.get("date"));
  const files = new Map(
    (fields.get("sha256") ?? "").split("\n").flatMap((line): [string, ListedFile][] => {
      const [, digest = "", size, path = ""] = /^\s*([0-9a-f]{64})\s+(\d{1,15})\s+(\S+)$/.exec(line) ?? [];
      return path === "" ? [] : [[path, { digest, size: Number(size) }]];
    }),
  );
  if (date === undefined || files.size === 0)
    throw new Failure(
      "ARCHIVE_UNREACHABLE",
      "Cannot read InRelease: it has no date, or lists no files with SHA256",
    );
  return {
    date,
    validUntil: instantOf(fields.get("valid-until")),
    components: words("components"),
    architectures: words("architectures").filter((each) => each !== "source"),
    byHash: fields.get("acquire-by-hash")?.trim() === "yes",
    files,
  };
}

/** What stands between the lines of a text that was signed in the clear; for where no signature is looked at. */
export function withoutArmour(text: string): string {
  const [, begun = ""] = /^(-----BEGIN PGP SIGNED MESSAGE-----)\r?\n/.exec(text) ?? [];
  const blank = begun === "" ? undefined : /\n\r?\n/.exec(text);
  const from = blank ? blank.index + blank[0].length : 0;
  const to = from === 0 ? -1 : text.indexOf("\n-----BEGIN PGP SIGNATURE-----", from - 1);
  return (to === -1 ? text : text.slice(from, to + 1)).replace(/^- /gm, "");
}

/** The lists of these components and architectures; all that the archive has where none are named. */
export function indicesOf(
  release: Release,
  wanted: { readonly components: readonly string[]; readonly architectures: readonly string[] },
): readonly Index[] {
  const { files } = release;
  const components = wanted.components.length > 0 ? wanted.components : release.components;
  const architectures = wanted.architectures.length > 0 ? wanted.architectures : release.architectures;
  return components.flatMap((component) =>
    architectures.flatMap((architecture): Index[] => {
      // Where the suite's name has several words, the components do too; only the last stands in the paths.
      const path = `${component.split("/").at(-1) ?? component}/binary-${architecture}/Packages`;
      const packing = ([".gz", ".xz", ""] as const).find((each) => files.has(`${path}${each}`));
      const listed = packing === undefined ? undefined : files.get(`${path}${packing}`);
      if (packing === undefined || listed === undefined) return [];
      return [
        { component, architecture, path: `${path}${packing}`, packing, ...listed, contents: files.get(path) },
      ];
    }),
  );
}

/** Where a list is fetched from, below the folder of the suite. */
export const placeOf = ({ path, digest }: Index, { byHash }: Pick<Release, "byHash">): string =>
  byHash ? `${path.slice(0, path.lastIndexOf("/"))}/by-hash/SHA256/${digest}` : path;

function fieldsOf(text: string): Map<string, string> {
  const fields = new Map<string, string>();
  let last = "";
  for (const line of text.split(/\r?\n/)) {
    const [, name, value = ""] = /^([A-Za-z0-9-]+):(.*)$/.exec(line) ?? [];
    if (name !== undefined) {
      last = name.toLowerCase();
      fields.set(last, value.trim());
    } else if (/^[ \t]/.test(line)) fields.set(last, `${fields.get(last) ?? ""}\n${line}`);
  }
  return fields;
}

function instantOf(text: string | undefined): Date | undefined {
  const date = new Date(text ?? "");
  return Number.isNaN(date.getTime()) ? undefined : date;
}
