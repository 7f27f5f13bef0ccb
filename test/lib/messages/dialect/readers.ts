/**
 * How the older kit's daemons read, in a few lines each: they split into lines, each at its first colon, and the last line that has a
 * key wins, wherever it stands.
 */
const lastOf = (body: string): ReadonlyMap<string, string> =>
  new Map(
    body.split("\n").map((line) => {
      const colon = line.indexOf(":");
      return colon === -1 ? [line, ""] : [line.slice(0, colon), line.slice(colon + 1).trim()];
    }),
  );

interface Text {
  readonly subject: string;
  readonly body: string;
}

/** stomp-git 3.4 and 3.17: the repository from the body, branch and revision from the subject, split at blanks. */
export function stompGit317({ subject, body }: Text) {
  const [, ref = "", revision = ""] = subject.split(" ");
  return { repo: lastOf(body).get("repo"), branch: ref.replace(/^refs\/(heads|tags)\//, ""), revision };
}

/** stomp-git 3.20: everything from the line `JSON:`, without which it dies. */
export function stompGit320({ subject, body }: Text) {
  const keys = lastOf(body);
  const said = JSON.parse(keys.get("JSON") as string) as Record<string, string> & {
    repository: { name: string };
  };
  const [, ref = ""] = subject.split(" ");
  return {
    repo: keys.get("repo"),
    ref,
    before: said["before"],
    after: said["after"],
    user: said["user_name"],
    name: said.repository.name,
  };
}

/** stomp-jenkins: which job, and whether the ref is one to ignore. */
export function stompJenkins({ body }: Text) {
  const keys = lastOf(body);
  return { repo: keys.get("repo"), project: keys.get("Project"), refname: keys.get("refname") };
}

/** Whoever waits for a green build. */
export function greenWaiter({ subject, body }: Text) {
  const keys = lastOf(body);
  const [, , number, , job, branch, commit] = subject.split(" ");
  return {
    repo: keys.get("Repo"),
    url: keys.get("URL"),
    status: keys.get("Status"),
    number,
    job,
    branch,
    commit,
  };
}

/** stomp-repo, as far as it is known: the file. */
export const stompRepo = ({ body }: Text) => ({ file: lastOf(body).get("package") });
