import { openSvn, type Svn, type Told } from "../../lib/effects/svn.ts";
import { Failure } from "../../lib/failure.ts";
import { type Data, message, type Message } from "../../lib/messages/catalogue.ts";
import {
  projectName,
  refName,
  type RepositoryName,
  type SvnRevision,
  svnRevision,
} from "../../lib/schema/names.ts";
import type { KnownSvn } from "./known.ts";
import { type Surrounded, unannounced } from "./surrounded.ts";
import { linesOf, type Touched } from "./svn-layout.ts";

/** As many paths are named that a revision changed outside of trunk, branches and tags. */
const MOST_OUTSIDE = 3;

/**
 * Announces what was committed since the last time, up to a revision that a hook told of; up to the newest where none did.
 * Where nothing is known yet, that revision is the first, and nothing of the past is announced.
 */
export async function* announceRevisions(
  repository: RepositoryName,
  path: string,
  told: number | undefined,
  context: Surrounded,
): AsyncGenerator<Message> {
  const known = await context.deps.known();
  const svn = await openSvn(path);
  const [identity, youngest] = [await svn.identity(), await svn.youngest()];
  if (told !== undefined && told > youngest)
    throw new Failure("SVN_FAILED", `Cannot announce r${told} of ${repository}: the newest is r${youngest}`);
  const start: KnownSvn = { kind: "svn", path, identity, last: told === undefined ? youngest : told - 1 };
  let seen = known.svn(repository) ?? start;
  if (seen.identity !== identity || seen.last > youngest) {
    context.log.warn({ repository }, "this is another repository than before: its past is not announced");
    seen = start;
  }
  if (seen !== known.svn(repository)) await known.note(repository, seen);
  for (let revision = seen.last + 1; revision <= (told ?? youngest); revision += 1) {
    if (context.signal.aborted) return;
    yield* announceRevision(repository, svn, revision);
    await known.note(repository, { ...seen, path, last: revision });
  }
}

async function* announceRevision(
  repository: RepositoryName,
  svn: Svn,
  revision: number,
): AsyncGenerator<Message> {
  const told = await svn.told(revision);
  const { touched, outside } = await linesOf(await svn.changes(revision), (when, path) =>
    svn.folders(when === "now" ? revision : revision - 1, path),
  );
  for (const line of touched) yield await lineMoved(repository, svn, revision, line, told);
  if (outside.length === 0) return;
  const named = outside.slice(0, MOST_OUTSIDE).join(", ") + (outside.length > MOST_OUTSIDE ? ", …" : "");
  yield unannounced(
    repository,
    `r${revision}`,
    `it changed what is in no trunk, branch or tag: ${named}`,
    told.at,
  );
}

async function lineMoved(
  repository: RepositoryName,
  svn: Svn,
  revision: number,
  { path, project, ...line }: Touched,
  { author, at, message: text }: Told,
): Promise<Message> {
  const ref = refName.safeParse(line.ref);
  const name = projectName.safeParse(project);
  const why = whyNot(line.ref, path, ref.success, project === "" || name.success);
  if (!ref.success || why !== undefined)
    return unannounced(repository, `r${revision} of ${path}`, why ?? "", at);
  const last = line.change === "created" ? 0 : ((await svn.lastChange(revision - 1, path)) ?? 0);
  const data: Data<"commit.pushed"> = {
    repository,
    ...(name.success ? { project: name.data } : {}),
    ref: ref.data,
    before: named(last),
    after: named(revision),
    // What was copied in the same revision, and replaced in the copy, was not there before.
    change: last === 0 ? "created" : line.change,
    ...(author === "" ? {} : { pusher: author }),
    at: at.toISOString(),
    commits: [
      {
        revision: named(revision),
        author: { name: author, email: "" },
        at: at.toISOString(),
        message: text,
      },
    ],
    total: 1,
  };
  return message("commit.pushed", data);
}

const named = (revision: number): SvnRevision => svnRevision.parse(`r${revision}`);

function whyNot(ref: string, path: string, isRef: boolean, isProject: boolean): string | undefined {
  if (!isRef) return "its name is none that a branch or tag can have here";
  if (!isProject) return "the name of its project is none that a project can have here";
  return ref === "refs/heads/trunk" && path.endsWith("branches/trunk")
    ? "a branch cannot be called trunk"
    : undefined;
}
