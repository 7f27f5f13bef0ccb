import { hostOfMachine } from "../../lib/config/load.ts";
import { pause } from "../../lib/effects/clock.ts";
import { exitStatusOf } from "../../lib/daemon/process.ts";
import { codeOf, Failure, reasonOf } from "../../lib/failure.ts";
import { type Message, message } from "../../lib/messages/catalogue.ts";
import { hostName } from "../../lib/schema/names.ts";
import { buildOf, type RunningBuild } from "../ci-status/job.ts";
import { defineCommand } from "../command.ts";
import { note, print, printJson } from "../output.ts";
import { readSettings, withSession } from "../session.ts";
import type { Settings } from "../settings.ts";

/** How long to wait between two tries to reach a broker, in milliseconds. */
const BETWEEN = 1_000;

export const ciStatus = defineCommand({
  options: (yargs) =>
    yargs
      .option("begin", { alias: "b", type: "boolean", default: false, describe: "The build began" })
      .option("success", { alias: ["s", "p"], type: "boolean", default: false, describe: "It passed" })
      .option("failure", { alias: ["f", "c"], type: "boolean", default: false, describe: "It failed" })
      .option("repository", { type: "string", describe: "What it builds, where the job does not tell" })
      .option("ref", { type: "string", describe: "Of which branch or tag, where the job does not tell" })
      .option("wait", { type: "number", default: 30, describe: "Seconds to wait for a broker" })
      .option("never-fail", {
        type: "boolean",
        default: false,
        describe: "Only complain of what goes wrong: the job goes on",
      }),
  run: async (args) => {
    try {
      const said = outcomeOf(args);
      const settings = readSettings(args);
      const build = buildOf({ environment: process.env, ...args }, settings);
      const envelope = await patiently(args.wait, () =>
        withSession(args, ({ say }) => say(messageOf(said, build, settings))),
      );
      if (args.json) printJson(envelope);
      else print(`${envelope.type} ${build.build}`);
      return 0;
    } catch (error) {
      if (!args.neverFail) throw error;
      note(`skein: ${reasonOf(error)} [${codeOf(error) ?? `exit status ${exitStatusOf(error)}`}]`);
      return 0;
    }
  },
});

type Outcome = "begun" | "passed" | "failed";

function outcomeOf(args: Readonly<Record<"begin" | "success" | "failure", boolean>>): Outcome {
  const all = { begin: "begun", success: "passed", failure: "failed" } as const;
  const said = (Object.keys(all) as (keyof typeof all)[]).filter((name) => args[name]);
  const [only] = said;
  if (only !== undefined && said.length === 1) return all[only];
  throw new Failure("INPUT_INVALID", "Cannot tell of a build: say one of --begin, --success and --failure");
}

function messageOf(outcome: Outcome, build: RunningBuild, settings: Settings): Message {
  const at = new Date().toISOString();
  if (outcome !== "begun") return message("build.finished", { ...build, outcome, at, seconds: 0, steps: [] });
  const server = hostName.safeParse(build.url === undefined ? "" : new URL(build.url).hostname);
  return message("build.started", { ...build, host: server.data ?? hostOfMachine(settings), at });
}

/** A broker that restarts is waited for; a job does not wait for ever. */
async function patiently<Result>(seconds: number, work: () => Promise<Result>): Promise<Result> {
  const until = Date.now() + seconds * 1_000;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (codeOf(error) !== "BROKER_UNREACHABLE" || Date.now() + BETWEEN > until) throw error;
      await pause(BETWEEN);
    }
  }
}
