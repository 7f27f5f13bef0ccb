const LITERAL = /^[A-Za-z0-9_/@-]$/;

/** The patterns of whole refs that say the same as an `ignore_refs` of the older kit; undefined where none do. */
export function globsOf(expression: string): readonly string[] | undefined {
  if (expression === "") return [];
  const parts = expression.split("|").map(globsOfOne);
  return parts.every((each) => each !== undefined) ? parts.flat() : undefined;
}

function globsOfOne(expression: string): readonly string[] | undefined {
  const [, start = "", body = "", end = ""] = /^(\^?)(.*?)(\$?)$/s.exec(expression) ?? [];
  const text = globOf(body);
  if (text === undefined || text === "") return undefined;
  const open = end === "$" ? text : `${text}*`;
  if (start === "^") return open.startsWith("refs/") ? [open] : undefined;
  if (open.startsWith("refs/")) return [open, `refs/*${open}`];
  return mayBeginEarly(text) ? undefined : [`refs/*${open}`];
}

/** Whether an expression might begin to fit within the `refs/` that every ref begins with, where no pattern can follow it. */
function mayBeginEarly(glob: string): boolean {
  const [first = ""] = glob.split("*");
  return ["refs/heads/", "refs/tags/"].some((begin) =>
    [0, 1, 2, 3, 4].some((at) => begin.slice(at).startsWith(first) || first.startsWith(begin.slice(at))),
  );
}

function globOf(body: string): string | undefined {
  let glob = "";
  for (let at = 0; at < body.length; at += 1) {
    const here = body.charAt(at);
    const next = body.charAt(at + 1);
    if (here === "." && next === "*") [glob, at] = [`${glob}*`, at + 1];
    else if (here === "\\" && /[./@+-]/.test(next)) [glob, at] = [glob + next, at + 1];
    else if (LITERAL.test(here) && !/[*+?{]/.test(next)) glob += here;
    else return undefined;
  }
  return glob;
}
