import { execFile } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const MAIN = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));

/** A guide, read so that it can be followed. */
export interface Guide {
  readonly text: string;
  /** What stands in fences of a language, in order. */
  readonly blocks: (language: string) => readonly string[];
}

/** Reads a guide, with what it names on the reader's machine replaced by what there is on this one. */
export function readGuide(name: string, here: Readonly<Record<string, string>> = {}): Guide {
  const path = new URL(`../../docs/guides/${name}.md`, import.meta.url);
  const text = Object.entries(here).reduce(
    (guide, [theirs, ours]) => guide.replaceAll(theirs, ours),
    readFileSync(path, "utf8"),
  );
  return {
    text,
    blocks: (language) =>
      [...text.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, "gms"))].map(
        ([, block = ""]) => block,
      ),
  };
}

/** What a person has in a terminal who follows a guide: the program `skein`, git with a name, and nothing else of ours. */
export interface Terminal {
  readonly env: Readonly<Record<string, string>>;
  /** Types a block of a guide. @throws {Error} with all that was said, where a line of it fails */
  readonly type: (block: string) => Promise<string>;
}

/** Opens one that works in a folder, with a home of its own. `through`: what it is opened through, where it is somewhere else. */
export function aTerminal(folder: string, home: string, through: readonly string[] = []): Terminal {
  const bin = join(home, "bin");
  mkdirSync(bin, { recursive: true });
  writeFileSync(join(bin, "skein"), `#!/bin/sh\nexec '${process.execPath}' '${MAIN}' "$@"\n`);
  chmodSync(join(bin, "skein"), 0o755);
  writeFileSync(join(home, ".gitconfig"), "[user]\n  name = Dana\n  email = dana@example.com\n");
  const PATH = `${bin}:${process.env["PATH"] ?? ""}`;
  const env = { PATH, HOME: home, LANG: "C.UTF-8", USER: "dana" };
  const [program, ...args] = [...through, "bash", "-euc"];
  const type = (block: string) =>
    new Promise<string>((resolve, reject) => {
      execFile(program, [...args, block], { cwd: folder, env, timeout: 60_000 }, (error, stdout, stderr) => {
        if (error === null) resolve(stdout);
        else reject(new Error(`${block}\nended with ${error.code}: ${stdout}\n${stderr}`));
      });
    });
  return { env, type };
}
