import { pause } from "../../lib/effects/clock.ts";
import { lineOf } from "../../lib/messages/envelope.ts";
import { safeText } from "../../lib/safe-text.ts";
import { openLedger, type Recorded } from "../../lib/store/ledger.ts";
import { type CommonArguments, defineCommand } from "../command.ts";
import { fullLogs } from "../full-log.ts";
import { note, print, printJson } from "../output.ts";
import { readSettings, withSession } from "../session.ts";
import { theOne } from "../subjects.ts";

/** How often the ledger is looked at while a log is followed, in milliseconds. */
const INTERVAL = 200;

export const log = defineCommand({
  options: (yargs) =>
    yargs
      .positional("id", {
        type: "string",
        demandOption: true,
        describe: "A build or a rollout; its first characters are enough",
      })
      .option("follow", {
        alias: "f",
        type: "boolean",
        default: false,
        describe: "Go on until it has ended",
      })
      .option("full", {
        type: "boolean",
        default: false,
        describe: "Of a rollout: all that its programs printed, as the hosts have kept it",
      }),
  run: async (args) => {
    if (args.full) return showFull(args);
    const ledger = openLedger(readSettings(args).state);
    try {
      const subject = await theOne(ledger, args.id, "a build or rollout");
      let last = 0;
      let ended = false;
      for (;;) {
        const found = await ledger.about(subject, last);
        for (const each of found) show(each, args.json);
        last = found.at(-1)?.sequence ?? last;
        // What was said before the end may be recorded after it: it came another way.
        if (!args.follow || (ended && found.length === 0)) return 0;
        ended ||= found.some(isEnd);
        await pause(INTERVAL);
      }
    } finally {
      await ledger.close();
    }
  },
});

async function showFull(args: CommonArguments & { readonly id: string }): Promise<number> {
  return withSession(args, async (session) => {
    const { logs, silent } = await fullLogs(session, await theOne(session.ledger, args.id, "a rollout"));
    for (const { host, job, lost, lines } of logs) {
      if (!args.json)
        print(`${host} ${job}${lost > 0 ? ` (${lost} bytes in the middle were not kept)` : ""}`);
      for await (const line of lines) {
        if (args.json) printJson({ host, job, line });
        else print(`  ${safeText(line)}`);
      }
    }
    if (logs.length === 0) note("skein: no host has kept anything that it printed");
    for (const host of silent) note(`skein: ${host} does not answer, or has kept nothing`);
    return silent.length === 0 ? 0 : 1;
  });
}

const isEnd = ({ type }: Recorded): boolean => type === "build.finished" || type === "rollout.finished";

function show(said: Recorded, json: boolean): void {
  if (json) return printJson(said);
  const time = said.time.slice(11, 19);
  switch (said.type) {
    case "build.log":
      return said.data.lines.forEach((line) =>
        print(`${time}  ${safeText(said.data.step)}  ${safeText(line)}`),
      );
    case "deploy.log":
      return said.data.lines.forEach((line) =>
        print(`${time}  ${said.data.host} ${said.data.phase}  ${safeText(line)}`),
      );
    default:
      return print(`${time}  ${safeText(lineOf(said))}`);
  }
}
