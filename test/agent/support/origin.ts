import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { execFileSync } from "node:child_process";
import { chmodSync, lstatSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type RefName, refName, revision, type Revision } from "../../../lib/schema/names.ts";

/** A file: its text, a script that can be run, or a link. */
export type File = string | { readonly script: string; readonly mode?: number } | { readonly link: string };

/** A real repository, as a developer has it. */
export interface Origin {
  readonly url: string;
  readonly commit: (files: Readonly<Record<string, File | undefined>>, tag?: string) => Revision;
}

export const MAIN: RefName = refName.parse("refs/heads/main");

/** A script of the app, in POSIX shell. */
export const aScript = (body: string): File => ({ script: `#!/bin/sh\n${body}\n` });

export function anOrigin(folder: string): Origin {
  mkdirSync(folder, { recursive: true });
  const git = (...args: string[]) =>
    execFileSync("git", ["-c", "user.name=A", "-c", "user.email=a@example.com", ...args], {
      cwd: folder,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
    }).trim();
  git("init", "--quiet", "--initial-branch=main");
  return {
    url: folder,
    commit: (files, tag) => {
      for (const [path, file] of Object.entries(files)) put(join(folder, path), file);
      git("add", "--all");
      git("commit", "--quiet", "--allow-empty", "--message", "change");
      if (tag !== undefined) git("tag", tag);
      return revision.parse(git("rev-parse", "HEAD"));
    },
  };
}

function put(path: string, file: File | undefined): void {
  rmSync(path, { force: true });
  if (file === undefined) return;
  mkdirSync(dirname(path), { recursive: true });
  if (typeof file === "string") writeFileSync(path, file);
  else if ("link" in file) symlinkSync(file.link, path);
  else writeFileSync(path, file.script);
  if (!lstatSync(path).isSymbolicLink())
    chmodSync(path, typeof file === "object" && "script" in file ? (file.mode ?? 0o755) : 0o644);
}

/** A server whose answers a test decides. */
export interface Answering {
  readonly url: string;
  /** The paths that were asked for. */
  readonly asked: string[];
  /** What it says the n-th time, from 1 on. */
  says: (asked: number) => { readonly status: number; readonly body: string };
  readonly close: () => Promise<void>;
}

export async function anAnswer(): Promise<Answering> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? "");
    const { status, body } = answering.says(asked.length);
    response.writeHead(status, { connection: "close" }).end(body);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const answering: Answering = {
    url: `http://127.0.0.1:${port}/`,
    asked,
    says: () => ({ status: 200, body: "" }),
    close: async () => {
      server.close();
      await once(server, "close");
    },
  };
  return answering;
}
