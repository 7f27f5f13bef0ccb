import { counted } from "../../lib/messages/catalogue/entry.ts";
import { type Envelope, lineOf } from "../../lib/messages/envelope.ts";
import { shortRef, shortRevision } from "../../lib/schema/names.ts";
import type { About, Tone } from "./notice.ts";
import type { View } from "../../lib/template.ts";

const GOOD = new Set(["passed", "succeeded", "live"]);
const BAD = new Set(["failed", "errored", "refused", "rolled-back"]);

/** How people should take a message. */
export function toneOf({ type }: Envelope, { outcome = "" }: About): Tone {
  if (type === "deploy.refused" || BAD.has(outcome)) return "bad";
  return GOOD.has(outcome) ? "good" : "plain";
}

/** A message in words: those of the catalogue, or better ones where more is known than the message says itself. */
export function wordsOf(envelope: Envelope, about: About): string {
  const line = lineOf(envelope);
  if (envelope.type === "build.finished") {
    const who =
      about.by === undefined ? "" : ` (${about.by}${about.change === undefined ? "" : `: ${about.change}`})`;
    return `${line}${who}${about.url === undefined ? "" : ` ${about.url}`}`;
  }
  if (envelope.type === "rollout.finished") {
    const { outcome, hosts, reason, seconds } = envelope.data;
    const what = [
      about.app ?? "an app",
      shortRef(about.ref ?? ""),
      about.revision === undefined ? "" : `(${shortRevision(about.revision)})`,
    ];
    const where = about.environment === undefined ? "" : ` to ${about.environment}`;
    const who = about.by === undefined ? "" : `, asked for by ${about.by}`;
    const trouble = hosts
      .filter(({ state }) => state === "failed" || state === "refused")
      .map(({ host, reason: why }) => (why === undefined ? host : `${host}: ${firstOf(why)}`));
    const why = [...(reason === undefined ? [] : [firstOf(reason)]), ...trouble.slice(0, 5)].join("; ");
    return `rollout of ${what.filter((word) => word !== "").join(" ")}${where} ${outcome} on ${counted(hosts.length, "host")} in ${Math.round(seconds)} s${who}${why === "" ? "" : `: ${why}`}`;
  }
  return line;
}

const firstOf = (text: string): string => text.slice(0, 200).split("\n", 1)[0] ?? "";

/** What a template may name. */
export function viewOf(
  envelope: Envelope,
  about: About,
  { words, data }: { readonly words: string; readonly data: View },
): View {
  const { type, time } = envelope;
  return {
    ...about,
    ref: about.ref === undefined ? undefined : shortRef(about.ref),
    revision: about.revision === undefined ? undefined : shortRevision(about.revision),
    text: words,
    line: lineOf(envelope),
    type,
    time,
    data,
  };
}
