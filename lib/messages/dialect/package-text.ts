import type { Data } from "../catalogue.ts";
import { keyLines, refused, type TextForm, type WrittenLine, type WrittenText } from "./text.ts";

type Published = Data<"package.published">;

const WHAT = "a text of auto-reprepro";

/** What auto-reprepro says of a package: the name of its file, then what the archive's program printed. */
export const packageText: TextForm = {
  begins: /^package:/,
  read: ({ text, at }) => {
    const { keys, rest } = keyLines(text, WHAT);
    const file = keys.get("package") ?? "";
    // It announces what failed as well as what succeeded.
    const [status] = /^#<Process::Status: [^>]*>/.exec(rest) ?? [];
    if (status !== undefined && !status.endsWith(" exit 0>"))
      throw refused(WHAT, `${JSON.stringify(file)} was not added: ${status}`);
    const [, name, version, architecture] =
      /^([a-z0-9][a-z0-9+.-]+)(?:_([^_]+)_([a-z0-9-]+))?\.deb$/.exec(file) ?? [];
    if (name === undefined)
      throw refused(WHAT, `${JSON.stringify(file)} is not the name of a package's file`);
    const known = version === undefined ? {} : { version, architecture };
    return { type: "package.published", data: { package: name, ...known, action: "added", file, at } };
  },
};

/** The name of a package's file: the epoch of a version is not in it. */
function fileOf({ file, package: name, version, architecture }: Published): string {
  if (file !== undefined) return file;
  return version === undefined
    ? `${name}.deb`
    : `${name}_${version.replace(/^\d+:/, "")}_${architecture ?? "all"}.deb`;
}

/** A package for stomp-repo. That one was taken out has no older form. */
export function writePackage(published: Published): WrittenText | undefined {
  if (published.action === "removed") return undefined;
  const file = fileOf(published);
  return { subject: `Package update: [${file}]`, body: `package: ${file}\n` };
}

/** The line that auto-reprepro says beside it. */
export function packageLine(published: Published): WrittenLine {
  const { suite, action } = published;
  const where = suite === undefined ? "" : ` / ${suite}`;
  const what = action === "removed" ? "removed from" : "added to";
  return { source: "repository", text: `Package ${fileOf(published)}${where} ${what} repository.` };
}
