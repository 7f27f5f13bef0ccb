import { pause } from "../../lib/effects/clock.ts";
import { lineOf } from "../../lib/messages/envelope.ts";
import { safeText } from "../../lib/safe-text.ts";
import { openLedger, type Recorded } from "../../lib/store/ledger.ts";
import { defineCommand } from "../command.ts";
import { print, printJson } from "../output.ts";
import { readSettings } from "../session.ts";
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
      }),
  run: async (args) => {
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
