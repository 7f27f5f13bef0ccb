import type { Data } from "../../lib/messages/catalogue.ts";
import { packages } from "../../lib/messages/catalogue/packages.ts";
import { archiveWord, packageFile } from "../../lib/schema/debian.ts";

/** One change of an archive. */
export type Change = Data<"package.published">;

/** What there is to tell: a change, or in words what stands in the way of hearing of them. */
export type Told = { readonly change: Change } | { readonly trouble: string };

/** What a file of the spool tells. */
export interface Spooled {
  readonly changes: readonly Change[];
  /** Archives that somebody asks to be looked at now. */
  readonly looks: readonly string[];
  /** Lines that cannot be read. */
  readonly wrong: readonly string[];
}

const ACTIONS = { add: "added", replace: "replaced", remove: "removed" } as const;

/**
 * Reads a file of the spool: lines of which each begins with what it is, and `end`, so that a part is told from the whole.
 * Undefined where it is not whole.
 */
export function readSpooled(contents: string, at: Date): Spooled | undefined {
  const lines = contents.split("\n");
  if (lines.pop() !== "" || lines.pop() !== "end") return undefined;
  const changes: Change[] = [];
  const looks: string[] = [];
  const wrong: string[] = [];
  let repository: string | undefined;
  for (const line of lines) {
    const word = line.split(" ", 1)[0] ?? "";
    const rest = line.slice(word.length + 1);
    const archive = archiveWord.safeParse(rest);
    const change =
      word === "reprepro"
        ? fromReprepro(rest, repository, at)
        : word === "package"
          ? fromJson(rest, at)
          : undefined;
    if (change !== undefined) changes.push(change);
    else if (word === "archive" && archive.success) repository = archive.data;
    else if (word === "look" && archive.success) looks.push(archive.data);
    else wrong.push(line);
  }
  return { changes, looks, wrong };
}

/** What reprepro gives a notifier: `replace CODENAME deb COMPONENT ARCHITECTURE PACKAGE NEW OLD -- FILES -- OLD-FILES` */
function fromReprepro(words: string, repository: string | undefined, at: Date): Change | undefined {
  const [said = "", files = ""] = words.split(" -- ");
  const [verb = "", suite, , component, architecture, name, version, previous] = said.split(" ");
  const action = Object.hasOwn(ACTIONS, verb) ? ACTIONS[verb as keyof typeof ACTIONS] : undefined;
  const file = packageFile.safeParse(files.split(" ", 1)[0]?.split("/").at(-1));
  return checked({
    repository,
    suite,
    component,
    architecture,
    package: name,
    version,
    previous,
    action,
    file: file.data,
    at: at.toISOString(),
  });
}

function fromJson(text: string, at: Date): Change | undefined {
  try {
    return checked({ at: at.toISOString(), ...(JSON.parse(text) as object) });
  } catch {
    return undefined;
  }
}

function checked(change: unknown): Change | undefined {
  return packages["package.published"].data.safeParse(change).data;
}
