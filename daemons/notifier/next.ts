import { createHash } from "node:crypto";
import { counted } from "../../lib/messages/catalogue/entry.ts";
import type { Notice } from "./notice.ts";
import type { Settings } from "./settings.ts";
import type { Waiting } from "./spool.ts";

/** What is to be done for a channel now. `entries` are what is settled by it. */
export type Choice =
  | { readonly do: "nothing" }
  | { readonly do: "send"; readonly entries: readonly Waiting[]; readonly notice: Notice }
  | { readonly do: "drop"; readonly entries: readonly Waiting[]; readonly why: string };

/** What a choice rests on. */
export interface Circumstances extends Pick<Settings, "late" | "give-up"> {
  readonly now: number;
  readonly forPeople: boolean;
  /** When the channel was told something by a rule, in milliseconds. */
  readonly toldAt: (rule: string) => readonly number[];
}

/**
 * Chooses from what waits for a channel, the oldest first. What comes late is told as one, or dropped; and the last notice that
 * a limit allows tells of all that still wait behind it. So nothing is lost silently, and nobody is told more than they can take.
 */
export function nextOf(waiting: readonly Waiting[], circumstances: Circumstances): Choice {
  const { now, late, forPeople, toldAt } = circumstances;
  const hopeless = waiting.filter(({ queued }) => now - Date.parse(queued) > circumstances["give-up"]);
  if (hopeless.length > 0) return { do: "drop", entries: hopeless, why: "it waited too long" };
  if (!forPeople) return one(waiting[0]);
  const old =
    late.tell === "all" ? [] : waiting.filter(({ notice }) => now - Date.parse(notice.time) > late.after);
  if (old.length > 0 && late.tell === "nothing") return { do: "drop", entries: old, why: "it came too late" };
  if (old.length > 1)
    return together(old, `late: ${counted(old.length, "message")}, since ${old[0]?.notice.time ?? ""}`);
  for (const entry of waiting) {
    const { limit } = entry;
    if (limit === undefined) return one(entry);
    const free = limit.count - toldAt(limit.rule).filter((at) => now - at < limit.window).length;
    if (free <= 0) continue;
    const alike = waiting.filter((each) => each.limit?.rule === limit.rule);
    return free > 1 || alike.length === 1 ? one(entry) : together(alike, `and ${alike.length} more`);
  }
  return { do: "nothing" };
}

const one = (entry: Waiting | undefined): Choice =>
  entry === undefined ? { do: "nothing" } : { do: "send", entries: [entry], notice: entry.notice };

const MOST_LINES = 8;

/** Several notices in one: how many of which type, and what some of them say, the bad ones first. */
function together(entries: readonly Waiting[], heading: string): Choice {
  const notices = entries.map(({ notice }) => notice);
  const counts = new Map<string, number>();
  for (const { type } of notices) counts.set(type, (counts.get(type) ?? 0) + 1);
  const ofWhat = [...counts].map(([type, count]) => `${count} ${type}`).join(", ");
  const bad = notices.filter(({ tone }) => tone === "bad");
  const shown = [...bad, ...notices.filter(({ tone }) => tone !== "bad")].slice(0, MOST_LINES);
  const lines = shown.map(({ text }) => `- ${text.trim().split("\n", 1)[0] ?? ""}`);
  const left = notices.length - shown.length;
  const last = notices.at(-1);
  const notice: Notice = {
    id: createHash("sha256")
      .update(notices.map(({ id }) => id).join("\n"))
      .digest("hex")
      .slice(0, 32),
    type: "summary",
    time: last?.time ?? "",
    correlation: last?.correlation ?? "",
    text: [`${heading} (${ofWhat}):`, ...lines, ...(left === 0 ? [] : [`- and ${left} others`])].join("\n"),
    tone: bad.length > 0 ? "bad" : "plain",
    about: { source: "notifier" },
  };
  return { do: "send", entries, notice };
}
