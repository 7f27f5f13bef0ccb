import { originsOf } from "../../lib/config/made-of.ts";
import type { SharedSettings } from "../../lib/config/settings.ts";
import type { Data } from "../../lib/messages/catalogue.ts";
import type { Envelope } from "../../lib/messages/envelope.ts";
import type { About } from "./notice.ts";

/** What was heard before, and says more of what is heard now. */
export interface Memory {
  readonly rollout: (id: string) => Data<"rollout.started"> | undefined;
  readonly push: (revision: string) => Data<"commit.pushed"> | undefined;
}

const FIELDS = [
  "repository",
  "project",
  "app",
  "environment",
  "ref",
  "revision",
  "outcome",
  "host",
  "by",
  "rollout",
  "url",
] as const;

/** What a message is about: its own fields first, then what was heard of its rollout or its revision, then what is configured. */
export function aboutOf(
  envelope: Envelope,
  memory: Memory,
  { apps, repositories }: Pick<SharedSettings, "apps" | "repositories">,
): About {
  const data = envelope.data as Readonly<Record<string, unknown>>;
  const own = picked(data);
  if (envelope.type === "commit.pushed") own.revision = envelope.data.after;
  const rollout = own.rollout === undefined ? undefined : memory.rollout(own.rollout);
  const told = { ...(rollout === undefined ? {} : picked(rollout)), ...own };
  const app =
    told.app !== undefined && Object.hasOwn(apps, told.app) ? apps[told.app as keyof typeof apps] : undefined;
  const repository = told.repository ?? (app && originsOf(app)[0]?.repository);
  const push = told.revision === undefined ? undefined : memory.push(told.revision);
  const pushed = envelope.type === "commit.pushed" ? envelope.data : push;
  const known = repository !== undefined && Object.hasOwn(repositories, repository);
  return {
    ...told,
    ...given("repository", repository),
    ...given("environment", told.environment ?? app?.environment),
    ...given("by", told.by ?? pushed?.pusher ?? pushed?.commits[0]?.author.name),
    ...given(
      "change",
      pushed?.repository === repository || !known ? pushed?.commits[0]?.message.split("\n", 1)[0] : undefined,
    ),
    source: envelope.type === "event.said" ? envelope.data.source : (envelope.source.split("/").pop() ?? ""),
  };
}

type Own = { -readonly [Key in (typeof FIELDS)[number]]?: string };

const picked = (data: Readonly<Record<string, unknown>>): Own =>
  Object.fromEntries(FIELDS.flatMap((name) => (typeof data[name] === "string" ? [[name, data[name]]] : [])));

const given = <Key extends keyof About>(key: Key, value: string | undefined) =>
  value === undefined ? {} : { [key]: value };
