import { reasonOf } from "../../lib/failure.ts";
import { type Data, message, type Message } from "../../lib/messages/catalogue.ts";
import { type HostName, shortRef } from "../../lib/schema/names.ts";
import { safeText } from "../../lib/safe-text.ts";
import type { Checkout, Happened } from "./checkout.ts";
import type { Said } from "./config.ts";

/** Who tells, and what of it in lines for people. */
export interface Teller {
  readonly host: HostName;
  readonly now: () => Date;
  readonly config: { readonly say: readonly Said[] };
}

/** One line for people, where such lines are wanted. */
export const line = (kind: Said, text: string, { host, now, config }: Teller): Message[] =>
  config.say.includes(kind)
    ? [
        message("event.said", {
          source: "repo-updater",
          text: `${host} ${safeText(text.replaceAll("\n", " "))}`.slice(0, 2_000),
          at: now().toISOString(),
        }),
      ]
    : [];

/** Something that is in the way. */
export const problem = (error: unknown, teller: Teller): Message[] =>
  line("problem", `problem: ${reasonOf(error)}`, teller);

/** How many refs of one fetch are told of one by one. */
const ONE_BY_ONE = 10;

/** What a fetch brought, ref by ref as long as these are few. */
export function fetched({ repository, changes }: Data<"mirror.updated">, teller: Teller): Message[] {
  if (changes.length > ONE_BY_ONE)
    return line("fetched", `fetched change: [${repository}] ${changes.length} branches and tags`, teller);
  return changes.flatMap(({ ref, after }) =>
    line("fetched", `fetched change: [${repository}] ${ref} ${after}`, teller),
  );
}

/** What happened to a checkout: the message and the line of each thing. */
export function told(
  { name, config: { repository, mode } }: Checkout,
  happened: Happened,
  teller: Teller,
): Message[] {
  if (happened.what === "problem") return problem(`${name}: ${happened.reason}`, teller);
  const { what, ref, path, seconds } = happened;
  const short = shortRef(ref);
  const kind = mode === "tags" ? "tag" : "branch";
  return [
    message("checkout.updated", {
      ...{ checkout: name, repository, host: teller.host, mode, ref, path, seconds },
      revision: what === "removed" ? null : happened.revision,
      at: teller.now().toISOString(),
    }),
    ...(what === "removed"
      ? line("removed", `removed ${kind} ${path}: [${repository}] ${short} is gone`, teller)
      : line("checked-out", `checked out: [${repository}] ${short} to ${path}`, teller)),
  ];
}
