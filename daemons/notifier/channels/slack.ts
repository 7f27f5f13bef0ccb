import { clean, shortened, uncalling } from "../clean.ts";
import type { Notice, Tone } from "../notice.ts";
import type { ChannelOf } from "../settings.ts";

/** Slack cuts after 40,000 characters; Mattermost refuses more than 16,383. */
const MOST_CHARACTERS = 12_000;

const COLOURS = { good: "#2eb67d", bad: "#e01e5a", plain: "#8a8d91" } as const satisfies Record<Tone, string>;

/**
 * Text that Slack, Mattermost and Rocket.Chat show as it is: `<`, `>` and `&` written as Slack asks, so that nobody is called and
 * no link says that it leads elsewhere; links and pictures of Markdown taken apart, which the other two know.
 */
export const slackText = (text: string): string =>
  uncalling(shortened(clean(text), MOST_CHARACTERS))
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll("](", "] (");

/** What a webhook is sent. */
export function slackMessage(
  { text, tone }: Pick<Notice, "text" | "tone">,
  { channel, username }: Pick<ChannelOf<"slack">, "channel" | "username">,
): Readonly<Record<string, unknown>> {
  const shown = slackText(text);
  return {
    ...(channel === undefined ? {} : { channel }),
    ...(username === undefined ? {} : { username }),
    attachments: [{ color: COLOURS[tone], fallback: shown, text: shown, mrkdwn_in: [] }],
  };
}
