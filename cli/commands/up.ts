import { join } from "node:path";
import { takeLock } from "../../lib/effects/lock.ts";
import { Failure } from "../../lib/failure.ts";
import { counted } from "../../lib/messages/catalogue/entry.ts";
import { defineCommand } from "../command.ts";
import { DAEMON_NAMES } from "../daemons.ts";
import { isWanted } from "../settings.ts";
import { prepareTrust } from "../foundation.ts";
import { note } from "../output.ts";
import { type Part, runParts } from "../processes.ts";
import { readSettings } from "../session.ts";

export const up = defineCommand({
  options: (yargs) => yargs,
  run: async (args) => {
    const settings = readSettings(args);
    for (const made of await prepareTrust(settings.state)) note(`made ${made}`);
    const hosts: readonly Part[] =
      settings.up.hosts.length === 0
        ? [{ daemon: "agent" }]
        : settings.up.hosts.map(({ host, labels }) => ({ daemon: "agent", host, labels }));
    const daemons = DAEMON_NAMES.filter((name) => name !== "agent" && isWanted(name, settings));
    const lock = await takeLock(join(settings.state, "up.lock"), "skein up");
    if (!lock.taken)
      throw new Failure(
        "LISTEN_FAILED",
        `Cannot start: process ${lock.by.pid} runs everything of ${settings.state} already`,
      );
    try {
      await runParts(args, [...daemons.map((daemon) => ({ daemon })), ...hosts], () => {
        note(`ready: ${daemons.join(", ")}, and ${counted(hosts.length, "agent")}`);
      });
    } finally {
      await lock.release();
    }
    return 0;
  },
});
