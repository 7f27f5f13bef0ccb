import { isUtf8 } from "node:buffer";

/**
 * A path as git has it, and the file system: bytes. Each character of it is one byte, so that it fits into maps and
 * regular expressions, whatever the bytes say.
 */
export type BytePath = string;

/** The bytes of a text of ours. */
export const byteText = (text: string): BytePath => Buffer.from(text, "utf8").toString("latin1");

/** A path as people read it. */
export const readable = (path: BytePath): string => Buffer.from(path, "latin1").toString("utf8");

/** Whether the bytes are text, as the arguments of programs that Node starts have to be. */
export const isText = (path: BytePath): boolean => isUtf8(Buffer.from(path, "latin1"));

const ASCII = /^[\x20-\x7e]*$/;

/** What file functions are called with for a path in a folder. */
export function inFolder(folder: string, path: BytePath): string | Buffer {
  if (ASCII.test(path)) return `${folder}/${path}`;
  return Buffer.concat([Buffer.from(`${folder}/`), Buffer.from(path, "latin1")]);
}

/** The folder that a path lies in; empty at the top. */
export const parentOf = (path: BytePath): BytePath => path.slice(0, Math.max(0, path.lastIndexOf("/")));

/** The last part of a path. */
export const nameOf = (path: BytePath): BytePath => path.slice(path.lastIndexOf("/") + 1);

/** Every folder that has to be there for these paths, each after the one that it lies in. */
export function foldersOf(paths: Iterable<BytePath>): ReadonlySet<BytePath> {
  const folders = new Set<BytePath>();
  const add = (folder: BytePath) => {
    if (folder === "" || folders.has(folder)) return;
    add(parentOf(folder));
    folders.add(folder);
  };
  for (const path of paths) add(parentOf(path));
  return folders;
}
