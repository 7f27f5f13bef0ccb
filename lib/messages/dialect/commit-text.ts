import { z } from "zod";
import {
  anyRevision,
  type AnyRevision,
  isNoRevision,
  isOfSvn,
  refName,
  repositoryName,
} from "../../schema/names.ts";
import type { Data } from "../catalogue.ts";
import type { Commit } from "../catalogue/commits.ts";
import { readDate, writeDate } from "./dates.ts";
import { readSvn, writeSvn } from "./svn-text.ts";
import {
  indented,
  keyLines,
  oneLine,
  refused,
  type TextForm,
  type ToldCommit,
  unindented,
  type WrittenLine,
  type WrittenText,
} from "./text.ts";

type Push = Data<"commit.pushed">;

const WHAT = "a commit text";
const MOST_MESSAGE = 4_096;
const MOST_COMMITS = 100;

const gitlabCommit = z.object({
  id: z.string(),
  message: z.string(),
  timestamp: z.string().default(""),
  author: z.object({ name: z.string(), email: z.string().default("") }),
});

/** The line `JSON: {…}`: the push as GitLab sends it. stomp-git 3.20 reads nothing else, and dies without it. */
const gitlabPush = z.object({
  before: anyRevision,
  after: anyRevision,
  ref: refName,
  user_name: z.string().optional().catch(undefined),
  repository: z.object({ name: z.string() }).optional().catch(undefined),
  commits: z.array(gitlabCommit).max(MOST_COMMITS).catch([]).default([]),
  total_commits_count: z.int().min(0).optional().catch(undefined),
});
type GitlabPush = z.infer<typeof gitlabPush>;

/**
 * What the older kit's hooks and receivers say of a push: four lines, or two of Subversion, then text from the commit.
 * Only what stands before that text counts, for whoever writes a commit writes the text.
 */
export const commitText: TextForm = {
  begins: /^(repo|oldrev|newrev|refname|revname)(:|\r?\n|$)/,
  read: ({ text, at }) => {
    const { keys, rest } = keyLines(text, WHAT);
    const pushed = readJson(keys.get("JSON"));
    const repository = repositoryIn(keys.get("repo"), pushed);
    const user = pushed?.user_name === undefined ? "" : oneLine(pushed.user_name).slice(0, 300);
    const pusher = user === "" ? {} : { pusher: user };
    if (keys.has("revname")) {
      const { data, commit } = readSvn(keys.get("revname") ?? "", rest, pushed?.ref);
      const commits = listed(commit, at);
      return {
        type: "commit.pushed",
        data: { repository, ...data, ...pusher, change: "updated", at, commits, total: 1 },
      };
    }
    const before = pushed?.before ?? need(keys, "oldrev");
    const after = pushed?.after ?? need(keys, "newrev");
    const ref = pushed?.ref ?? need(keys, "refname");
    const change = changeOf(before, after);
    const tip = change === "deleted" ? undefined : tipIn(rest, after);
    const told = toldIn(pushed);
    const commits = told.length > 0 ? told.map((each) => commitOf(each, at)) : listed(tip, at);
    const total = Math.max(pushed?.total_commits_count ?? 0, commits.length);
    return {
      type: "commit.pushed",
      data: { repository, ref, before, after, change, ...pusher, at, commits, total },
    };
  },
};

function need(keys: ReadonlyMap<string, string>, key: string): string {
  const value = keys.get(key);
  if (value === undefined) throw refused(WHAT, `it has no line ${key}: before the text of the commit`);
  return value;
}

function readJson(line: string | undefined): GitlabPush | undefined {
  try {
    return gitlabPush.safeParse(JSON.parse(line ?? "null")).data;
  } catch {
    return undefined;
  }
}

/** GitLab's name of a repository lacks the group, which the line before it may have. */
function repositoryIn(line: string | undefined, pushed: GitlabPush | undefined): string {
  const name = pushed?.repository?.name;
  const isSame = line?.toLowerCase().split("/").at(-1) === name?.toLowerCase();
  if (name !== undefined && !isSame && repositoryName.safeParse(name).success) return name;
  if (line === undefined) throw refused(WHAT, "it has no line repo: before the text of the commit");
  return line;
}

function changeOf(before: string, after: string): Push["change"] {
  const none = (id: string) => isNoRevision(id as AnyRevision);
  if (none(before) && none(after)) throw refused(WHAT, "it tells of a ref that neither was nor is there");
  return none(before) ? "created" : none(after) ? "deleted" : "updated";
}

/**
 * The commit that a push leads to. Of several, hooks write it last; and no commit can name itself, so that the last line
 * with its id is none that somebody wrote into a message.
 */
function tipIn(rest: string, after: string): ToldCommit | undefined {
  const text = unindented(rest);
  const marks = [
    ...text.matchAll(/^ ?(?:commit )?([0-9a-f]{40,64})\nAuthor: ([^\n]*)\nDate: ([^\n]*)\n\t?\n?/gm),
  ];
  const mark = marks.findLast(([, id]) => id === after);
  if (mark === undefined) return undefined;
  const [whole, revision = "", author = "", date = ""] = mark;
  return { revision, author, date, message: text.slice(mark.index + whole.length) };
}

/** GitLab tells the oldest first. */
const toldIn = (pushed: GitlabPush | undefined): ToldCommit[] =>
  (pushed?.commits ?? [])
    .map(({ id, message, timestamp, author: { name, email } }) => ({
      revision: id,
      author: name,
      email,
      date: timestamp,
      message,
    }))
    .toReversed();

const listed = (told: ToldCommit | undefined, at: string): unknown[] =>
  told === undefined ? [] : [commitOf(told, at)];

function commitOf(told: ToldCommit, at: string): unknown {
  const name = oneLine(told.author).slice(0, 300);
  const author = { name, email: (told.email ?? (name.includes("@") ? name : "")).slice(0, 300) };
  const message = cut(told.message.replace(/\s+$/, ""));
  return { revision: told.revision, author, at: readDate(told.date) ?? at, message };
}

/** The beginning of a text, without half of a character at its end. */
const cut = (text: string): string => text.slice(0, MOST_MESSAGE).replace(/[\uD800-\uDBFF]$/, "");

/** A push for the older kit's readers, which take the last line that has a key, wherever it stands. */
export function writeCommit(push: Push): WrittenText {
  const [tip] = push.commits;
  const { repository, ref, before, after } = push;
  if (isOfSvn(after)) return writeSvn(push, jsonOf(push), tip);
  const head = `repo: ${repository}\noldrev: ${before}\nnewrev: ${after}\nrefname: ${ref}\n${jsonOf(push)}\n`;
  return {
    subject: `[${repository}] ${ref} ${after}`,
    body: tip === undefined ? head : `${head}${indented(textOf(tip, after))}\n`,
  };
}

const textOf = ({ author, at, message }: Commit, after: AnyRevision): string =>
  `${after}\nAuthor: ${oneLine(author.name)}\nDate: ${writeDate(at)}\n\n${message}\n`;

function jsonOf({ repository, ref, before, after, pusher, commits }: Push): string {
  const user = pusher ?? commits[0]?.author.name ?? "";
  const said = { before, after, ref, user_name: oneLine(user), repository: { name: repository } };
  return `JSON: ${JSON.stringify(said)}`;
}

/** The line that the older hooks say beside it. */
export const commitLine = (push: Push): WrittenLine => ({
  source: isOfSvn(push.after) ? "svnserver" : "gitolite",
  text: writeCommit(push).subject,
});
