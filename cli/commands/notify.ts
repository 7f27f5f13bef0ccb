import { buffer } from "node:stream/consumers";
import { aboutOf } from "../../daemons/notifier/about.ts";
import { openChannel } from "../../daemons/notifier/channels.ts";
import { clean } from "../../daemons/notifier/clean.ts";
import type { Notice } from "../../daemons/notifier/notice.ts";
import { isAt } from "../../daemons/notifier/places.ts";
import { addressedOf } from "../../daemons/notifier/rules.ts";
import { type Settings as NotifierSettings, isForge } from "../../daemons/notifier/settings.ts";
import { Failure } from "../../lib/failure.ts";
import { decode } from "../../lib/messages/envelope.ts";
import { safeText } from "../../lib/safe-text.ts";
import { newCommandId } from "../../lib/security/command.ts";
import { defineCommand } from "../command.ts";
import { note, print, printJson } from "../output.ts";
import { readSettings } from "../session.ts";
import type { Settings } from "../settings.ts";

export const notify = defineCommand({
  options: (yargs) =>
    yargs
      .positional("action", {
        choices: ["test", "preview"] as const,
        demandOption: true,
        describe:
          "Send a channel one text; or say what would be told of the message (JSON) on standard input",
      })
      .positional("channel", { type: "string", describe: "Which channel to test" })
      .option("text", {
        type: "string",
        default: "This is a test of Skein's notifier.",
        describe: "What to send",
      }),
  run: async (args) => {
    const settings = readSettings(args);
    return args.action === "test"
      ? await tryChannel(settings, args.channel ?? "", args.text, args.json)
      : await preview(settings, args.json);
  },
});

const sectionOf = (settings: Settings): NotifierSettings =>
  (settings as unknown as { readonly notifier: NotifierSettings }).notifier;

/** Sends one text at once, past rules and spool; a forge is asked whether it takes our token. */
async function tryChannel(settings: Settings, name: string, text: string, json: boolean): Promise<number> {
  const { channels } = sectionOf(settings);
  const channel = Object.hasOwn(channels, name) ? channels[name] : undefined;
  if (channel === undefined)
    throw new Failure(
      "CHANNEL_UNKNOWN",
      `Cannot test ${JSON.stringify(name)}: the channels are ${Object.keys(channels).join(", ") || "none"}`,
    );
  const sender = openChannel(name, channel, settings);
  const outcome = await sender.send(testNotice(text), AbortSignal.timeout(channel.deadline * 2));
  sender.close();
  if (outcome.kind !== "sent")
    throw new Failure("CHANNEL_REFUSED", `Cannot tell ${name}: ${safeText(outcome.reason)}`, {
      transient: outcome.kind === "failed",
    });
  if (json) printJson({ channel: name, outcome: "sent" });
  else print(isForge(channel) ? `${name} takes the token` : `${name} took it`);
  return 0;
}

function testNotice(text: string): Notice {
  const id = newCommandId();
  return {
    id,
    type: "test",
    time: new Date().toISOString(),
    correlation: id,
    text,
    tone: "plain",
    about: { source: "cli" },
  };
}

/** Says who would be told what, and sends nothing. */
async function preview(settings: Settings, json: boolean): Promise<number> {
  const envelope = decode(await buffer(process.stdin));
  const forgetful = { rollout: () => undefined, push: () => undefined };
  const about = aboutOf(envelope, forgetful, settings);
  const addressed = addressedOf(envelope, about, sectionOf(settings), (channel, { repository }) =>
    isAt(channel, repository, settings),
  );
  for (const { channel, notice } of addressed) {
    if (json) printJson({ channel, text: notice.text, tone: notice.tone });
    else print(`${channel}: ${clean(notice.text).replaceAll("\n", "\n    ")}`);
  }
  if (addressed.length === 0) note("nobody would be told");
  return 0;
}
