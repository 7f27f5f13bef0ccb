import type { Envelope } from "../../lib/messages/envelope.ts";
import { matches } from "../../lib/schema/filter.ts";
import type { About, Notice } from "./notice.ts";
import { type ForgeChannel, isForge, isForPeople, type Limit, type Rule, type Settings } from "./settings.ts";
import { filled } from "../../lib/template.ts";
import { toneOf, viewOf, wordsOf } from "./texts.ts";

/** A notice for a channel, and how many such it may get. */
export interface Addressed {
  readonly channel: string;
  readonly notice: Notice;
  /** Shared by all that the same rule sends to the channel. */
  readonly limit?: (Limit & { readonly rule: string }) | undefined;
}

/** What forges are told of. */
const FOR_FORGES = new Set(["build.started", "build.finished", "rollout.started", "rollout.finished"]);

/** Whether a forge has what a message is about. */
export type Hosts = (channel: ForgeChannel, about: About) => boolean;

/** Who is to be told of a message, and what: each channel once, by the first rule that sends it there. */
export function addressedOf(
  envelope: Envelope,
  about: About,
  { channels, rules }: Pick<Settings, "channels" | "rules">,
  hosts: Hosts,
): Addressed[] {
  // What the notifier says of its own troubles must not become one more of them.
  if (about.source === "notifier") return [];
  const words = wordsOf(envelope, about);
  const data = withoutCommand(envelope.data);
  const notice = (text: string): Notice => ({
    id: envelope.id,
    type: envelope.type,
    time: envelope.time,
    correlation: envelope.correlation,
    text,
    tone: toneOf(envelope, about),
    about,
    event: { ...envelope, data },
  });
  const addressed = new Map<string, Addressed>();
  if (FOR_FORGES.has(envelope.type))
    for (const [channel, each] of Object.entries(channels))
      if (isForge(each) && hosts(each, about)) addressed.set(channel, { channel, notice: notice(words) });
  for (const [index, rule] of rules.entries()) {
    if (!applies(rule, envelope, about)) continue;
    const text =
      rule.template === undefined ? words : filled(rule.template, viewOf(envelope, about, { words, data }));
    if (text.trim() === "") continue;
    for (const channel of rule.to) {
      const known = channels[channel];
      if (known === undefined || isForge(known) || addressed.has(channel)) continue;
      const limit = isForPeople(known) ? { ...rule["at-most"], rule: `${index}` } : undefined;
      addressed.set(channel, { channel, notice: notice(text), limit });
    }
  }
  return [...addressed.values()];
}

/** A signed command may hold more than is meant for those who are told of it, such as the hash of a password. */
function withoutCommand(data: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const { command: _, ...others } = data;
  return others;
}

function applies(rule: Rule, { type }: Envelope, about: About): boolean {
  const { types, repositories, apps, outcomes, environments, sources } = rule;
  const wanted = types === undefined ? isOfInterest(type, about, outcomes !== undefined) : any(types, type);
  return (
    wanted &&
    any(repositories, about.repository) &&
    any(apps, about.app) &&
    any(outcomes, about.outcome) &&
    any(environments, about.environment) &&
    any(sources, about.source)
  );
}

/** What people want to hear who did not say what. */
function isOfInterest(type: string, { outcome }: About, chosen: boolean): boolean {
  if (type === "build.finished") return chosen || outcome !== "passed";
  return type === "event.said" || type === "rollout.started" || type === "rollout.finished";
}

/** Whether a value fits one of the patterns, where there are any. */
const any = (patterns: readonly string[] | undefined, value: string | undefined): boolean =>
  patterns === undefined || (value !== undefined && patterns.some((pattern) => matches(pattern, value)));
