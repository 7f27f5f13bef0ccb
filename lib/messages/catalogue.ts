import type { z } from "zod";
import { access } from "./catalogue/access.ts";
import { builds } from "./catalogue/builds.ts";
import { checkouts } from "./catalogue/checkouts.ts";
import { commits } from "./catalogue/commits.ts";
import { deploys } from "./catalogue/deploys.ts";
import { hosts } from "./catalogue/hosts.ts";
import { logs } from "./catalogue/logs.ts";
import { olderKit } from "./catalogue/older-kit.ts";
import { packages } from "./catalogue/packages.ts";
import { rollouts } from "./catalogue/rollouts.ts";

/** Every type of message: what it says, how it travels, where, and what tells two of them apart. */
export const catalogue = {
  ...commits,
  ...checkouts,
  ...builds,
  ...packages,
  ...rollouts,
  ...deploys,
  ...hosts,
  ...logs,
  ...access,
  ...olderKit,
} as const;

/** The name of a type of message. */
export type MessageType = keyof typeof catalogue;

/** What a message of a type holds. */
export type Data<Type extends MessageType> = z.infer<(typeof catalogue)[Type]["data"]>;

/** A typed fact or request, before it gets an id. */
export type Message<Type extends MessageType = MessageType> = {
  readonly [Each in Type]: { readonly type: Each; readonly data: Data<Each> };
}[Type];

/** Makes a message of a type of the catalogue. */
export function message<Type extends MessageType>(type: Type, data: Data<Type>): Message<Type> {
  return { type, data };
}

/** Whether a name is that of a type of the catalogue. */
export const isMessageType = (name: string): name is MessageType => Object.hasOwn(catalogue, name);
