import { z } from "zod";

/** How people should take it. */
const tone = z.enum(["good", "bad", "plain"]);
export type Tone = z.infer<typeof tone>;

/** What a message is about, as far as it says so or is known otherwise. */
export const about = z.object({
  repository: z.string().optional(),
  project: z.string().optional(),
  app: z.string().optional(),
  environment: z.string().optional(),
  ref: z.string().optional(),
  revision: z.string().optional(),
  outcome: z.string().optional(),
  host: z.string().optional(),
  /** Who pushed, or asked for it. */
  by: z.string().optional(),
  /** What was pushed: the first line of its newest commit. */
  change: z.string().optional(),
  rollout: z.string().optional(),
  url: z.string().optional(),
  /** The daemon that said it. */
  source: z.string(),
});
export type About = z.infer<typeof about>;

/** One thing to be told: made from a message before it is known whether a channel can take it. */
export const notice = z.object({
  /** That of the message. */
  id: z.string(),
  type: z.string(),
  time: z.string(),
  correlation: z.string(),
  text: z.string(),
  tone,
  about,
  /** The message itself, for those who want to read it. */
  event: z.record(z.string(), z.unknown()).optional(),
});
export type Notice = z.infer<typeof notice>;

/** The first line of a notice, for where its address has a place of its own. */
export function titleOf({ text, about }: Pick<Notice, "text" | "about">): string {
  const [first = ""] = text.trim().split("\n", 1);
  return about.url !== undefined && first.endsWith(` ${about.url}`)
    ? first.slice(0, -about.url.length - 1)
    : first;
}
