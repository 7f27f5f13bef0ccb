import type { Draft } from "../draft.ts";
import type { Node } from "../tree.ts";

/** What a person asked for beside the files. */
export interface Wishes {
  /** Whether the older front end may go on asking for logins, with passwords in clear. */
  readonly olderAccess: boolean;
}

/** One kind of file of the older kit: how it is recognised, and what is taken over of it. */
export interface Kind {
  readonly name: string;
  readonly is: (root: Node) => boolean;
  readonly take: (root: Node, draft: Draft, wishes: Wishes) => void;
}

/** Whether a file has all of these keys. */
export const has = (root: Node, ...keys: readonly string[]): boolean =>
  keys.every((key) => root.entries.has(key));

/** What stands at a key, as text; empty where nothing does. */
export const textAt = (node: Node, key: string): string => node.entries.get(key)?.text ?? "";
