import type { z } from "zod";
import { settingsSchema } from "../settings.ts";
import { makeApps } from "./apps.ts";
import { takeConnection } from "./connection.ts";
import { Draft, type Fate, UNKNOWN_ORIGIN } from "./draft.ts";
import { bloatagentSite, frontSites, gitagentFacts, hiera } from "./kinds/agents.ts";
import { autoReprepro } from "./kinds/auto-reprepro.ts";
import { accessFront, emitters, jenkinsHelper } from "./kinds/emitters.ts";
import { keepalive } from "./kinds/keepalive.ts";
import { has, type Kind, type Wishes } from "./kinds/kind.ts";
import { accessUsers, stompAccess } from "./kinds/stomp-access.ts";
import { stompGit } from "./kinds/stomp-git.ts";
import { stompJenkins } from "./kinds/stomp-jenkins.ts";
import { nextSteps } from "./next.ts";
import { type Node, readOlder, type Unreadable } from "./tree.ts";

const connectionAlone: Kind = {
  name: "a connection",
  is: (root) => has(root, "rserver") || has(root, "stompconnector"),
  take: () => undefined,
};

/** Every kind of file, the most telling first. */
const KINDS = [
  stompJenkins,
  keepalive,
  autoReprepro,
  stompGit,
  bloatagentSite,
  stompAccess,
  accessFront,
  emitters,
  hiera,
  gitagentFacts,
  frontSites,
  accessUsers,
  jenkinsHelper,
  connectionAlone,
];

/** A configuration made of those of the older kit, and what a person should know of it. */
export interface Migrated {
  readonly config: Readonly<Record<string, unknown>>;
  /** By name: each goes to a file of its own. */
  readonly secrets: ReadonlyMap<string, string>;
  readonly kinds: ReadonlyMap<string, string>;
  readonly fates: readonly Fate[];
  readonly unreadable: readonly Unreadable[];
  readonly toComplete: readonly string[];
  readonly next: readonly string[];
}

/** Makes one configuration of Skein of any number of files of the older kit. What it makes always fits the schema. */
export function migrate(
  files: readonly { readonly name: string; readonly text: string }[],
  wishes: Wishes,
): Migrated {
  const draft = new Draft();
  const kinds = new Map<string, string>();
  const read = files.map(({ name, text }) => readOlder(name, text));
  const roots = read.filter((each): each is Node => "path" in each);
  for (const root of roots) {
    const kind = KINDS.find((each) => each.is(root));
    if (kind === undefined) {
      draft.leave(root, "this file is none of the older kit's that Skein knows");
      continue;
    }
    kinds.set(root.file, kind.name);
    takeConnection(root, draft);
    kind.take(root, draft, wishes);
  }
  makeApps(draft);
  withdrawWhatIsWrong(draft);
  completeOrigins(draft);
  return {
    config: draft.config,
    secrets: secretsOf(draft),
    kinds,
    fates: roots.flatMap((root) => draft.fatesIn(root)),
    unreadable: read.filter((each): each is Unreadable => "says" in each),
    toComplete: [...draft.toComplete],
    next: nextSteps(draft.config),
  };
}

/** Takes out entry by entry what the schema refuses, until it refuses nothing. */
function withdrawWhatIsWrong(draft: Draft): void {
  for (;;) {
    const result = settingsSchema.safeParse(draft.config);
    const issue = result.error?.issues[0];
    if (issue === undefined) return;
    const path = entryOf(issue);
    if (draft.get(path) === undefined)
      throw new Error(`the schema refuses ${path.join(".")}, which is not there`);
    // A repository whose address is none stays: others may name it.
    const [, repository, key] = issue.path.map(String);
    const strange = path[0] === "repositories" && key === "url" ? repository : undefined;
    draft.withdraw(
      strange === undefined ? path : [...path, "url"],
      `Skein would refuse it: ${issue.path.map(String).join(".")} ${wordsOf(issue)}`,
    );
    if (strange !== undefined) draft.replace([...path, "url"], `${UNKNOWN_ORIGIN}${strange}`);
  }
}

const wordsOf = (issue: z.core.$ZodIssue): string =>
  issue.code === "invalid_key" ? issue.issues.map(({ message }) => message).join(", ") : issue.message;

/** The entry that an issue is about: a repository, an app, a job; of what has no entries, the whole section. */
function entryOf({ path }: z.core.$ZodIssue): readonly string[] {
  const words = path.map(String);
  const [top = ""] = words;
  if (top === "repositories" || top === "apps") return words.slice(0, 2);
  if (top === "keepalive" || top === "bus") return words.slice(0, top === "bus" ? 1 : 2);
  return words.slice(0, 3);
}

function completeOrigins(draft: Draft): void {
  const repositories = draft.get(["repositories"]) ?? {};
  for (const [name, each] of Object.entries(
    repositories as Readonly<Record<string, { readonly url: string }>>,
  )) {
    if (!each.url.startsWith(UNKNOWN_ORIGIN)) continue;
    const command = draft.origins.get(name);
    draft.toComplete.add(
      `repositories.${name}.url: say where it is fetched from; no older file did${command === undefined ? "" : ` (${command} tells it)`}`,
    );
  }
}

/** Those that the configuration still names. */
function secretsOf({ config, secrets }: Draft): ReadonlyMap<string, string> {
  const text = JSON.stringify(config);
  return new Map([...secrets].filter(([name]) => text.includes(JSON.stringify(`secrets/${name}`))));
}
