import { defineCommand } from "../command.ts";
import { note } from "../output.ts";
import { runParts } from "../processes.ts";

export const agent = defineCommand({
  options: (yargs) => yargs,
  run: async (args) => {
    await runParts(args, [{ daemon: "agent" }], () => note("ready: agent"));
    return 0;
  },
});
