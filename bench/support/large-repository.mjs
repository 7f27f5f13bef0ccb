// Makes a bare repository with two commits that differ in one file, and prints the two. A process of its own: what measures
// should be no larger than an agent is.
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { environment } from "./environment.mjs";

const [repository, home, files, bytes] = process.argv.slice(2);
const env = environment(home);
execFileSync("git", ["init", "--quiet", "--bare", repository], { env });
const parts = [];
const commit = (mark, paths) => {
  parts.push(
    Buffer.from(
      `commit refs/heads/main\nmark :${mark}\ncommitter B <b@example.com> 1700000000 +0000\ndata 1\nx\n`,
    ),
  );
  for (const path of paths) {
    const data = randomBytes(Number(bytes) / 2).toString("hex");
    parts.push(Buffer.from(`M 644 inline ${path}\ndata ${data.length}\n${data}\n`));
  }
};
const paths = Array.from({ length: Number(files) }, (_, at) => `d${at % 50}/e${at % 10}/f${at}`);
commit(1, paths);
commit(2, paths.slice(0, 1));
const git = (args, input) =>
  execFileSync("git", [`--git-dir=${repository}`, ...args], { env, input, encoding: "utf8" });
git(["fast-import", "--quiet"], Buffer.concat(parts));
process.stdout.write(git(["log", "--format=%H", "main"]));
