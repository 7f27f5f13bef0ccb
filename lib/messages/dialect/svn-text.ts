import type { RefName } from "../../schema/names.ts";
import type { Data } from "../catalogue.ts";
import type { Commit } from "../catalogue/commits.ts";
import { writeSvnDate } from "./dates.ts";
import { indented, oneLine, refused, type ToldCommit, unindented, type WrittenText } from "./text.ts";

/** What the older hook of Subversion tells of a commit. */
interface ToldRevision {
  readonly data: {
    readonly ref: string;
    readonly project?: string;
    readonly before: string;
    readonly after: string;
  };
  readonly commit: ToldCommit;
}

/** Folders that divide a project: the older hook takes one for a project where the repository holds a single one. */
const DIVIDING = new Set(["", "trunk", "branches", "tags"]);

/** Reads what follows the keys: who and when, the project, the folders, and the text of the commit. */
export function readSvn(revname: string, rest: string, ref: RefName | undefined): ToldRevision {
  const [, digits] = /^r?([1-9]\d{0,9})$/.exec(revname) ?? [];
  if (digits === undefined) throw refused("a commit text", `${JSON.stringify(revname)} is no revision`);
  const [head = "", dirs = "", ...text] = rest.split(/\n\n/);
  const valueOf = (key: string) => new RegExp(`^ ?${key}: ?([^\n]*)$`, "gm").exec(head)?.[1] ?? "";
  const project = [...head.matchAll(/^Project: ?([^\n]*)$/gm)].at(-1)?.[1]?.trim() ?? "";
  const named = DIVIDING.has(project) ? {} : { project };
  const revision = `r${digits}`;
  return {
    data: {
      ref: ref ?? refIn(dirs, named.project),
      ...named,
      before: `r${Number(digits) - 1}`,
      after: revision,
    },
    commit: {
      revision,
      author: valueOf("Author"),
      date: valueOf("Date"),
      message: unindented(text.join("\n\n")),
    },
  };
}

/** The branch or tag of the first folder that lies in one. */
function refIn(dirs: string, project: string | undefined): string {
  const start = project === undefined ? "" : `${project}/`;
  for (const line of dirs.split("\n")) {
    if (!line.startsWith(start)) continue;
    const [, kind, name] = /^(?:[^/]*\/)?(branches|tags)\/([^/]+)\//.exec(line.slice(start.length)) ?? [];
    if (name !== undefined) return `refs/${kind === "tags" ? "tags" : "heads"}/${name}`;
    if (/^(?:[^/]*\/)?trunk\//.test(line.slice(start.length))) break;
  }
  return "refs/heads/trunk";
}

/** A commit in Subversion for the older kit's readers: stomp-jenkins looks for the project. */
export function writeSvn(
  { repository, ref, project, after, at }: Data<"commit.pushed">,
  json: string,
  tip: Commit | undefined,
): WrittenText {
  const revision = after.slice(1);
  const folder =
    ref === "refs/heads/trunk" ? "trunk" : ref.replace(/^refs\/heads/, "branches").replace(/^refs\//, "");
  const inside = project === undefined ? "" : `${project}/`;
  const lines = [
    `repo: ${repository}`,
    `revname: ${revision}`,
    json,
    ` Author: ${oneLine(tip?.author.name ?? "")}`,
    `Date: ${writeSvnDate(tip?.at ?? at)}`,
    `Project: ${project ?? ""}`,
    "",
    "Dirs:",
    `${inside}${folder}/`,
    "",
    indented(tip?.message ?? ""),
    "",
  ];
  return { subject: `[${repository}] ${revision} `, body: `${lines.join("\n")}\n` };
}
