import { defineCommand } from "../command.ts";
import { DAEMON_NAMES } from "../daemons.ts";
import { note } from "../output.ts";
import { runParts } from "../processes.ts";

export const run = defineCommand({
  options: (yargs) =>
    yargs.positional("daemons", {
      choices: DAEMON_NAMES,
      array: true,
      demandOption: true,
      describe: "Which",
    }),
  run: async (args) => {
    await runParts(
      args,
      args.daemons.map((daemon) => ({ daemon })),
      () => note(`ready: ${args.daemons.join(", ")}`),
    );
    return 0;
  },
});
