import { appName, type HostName, type Revision, shortRevision } from "../../lib/schema/names.ts";
import { Failure } from "../../lib/failure.ts";
import { defineCommand } from "../command.ts";
import { carriers, takeInventory } from "../inventory.ts";
import { appOf } from "../launch.ts";
import { print, printJson, table } from "../output.ts";
import { parsed } from "../parsed.ts";
import { withSession } from "../session.ts";

interface Available {
  readonly revision: Revision;
  readonly hosts: HostName[];
}

export const refs = defineCommand({
  options: (yargs) => yargs.positional("app", { type: "string", demandOption: true, describe: "The app" }),
  run: async (args) => {
    const app = parsed(appName, args.app, "app");
    const seen = await withSession(args, (session) => {
      appOf(session.settings, app);
      return takeInventory(session, { app, refs: true });
    });
    const there = carriers(seen, app).filter(({ present }) => present);
    if (there.length === 0)
      throw new Failure("HOSTS_NONE", `Cannot list the refs of ${app}: no host that is here carries it`);
    const available = new Map<string, Available>();
    for (const { report } of there) {
      for (const { ref, revision } of report.apps.find((each) => each.app === app)?.refs ?? []) {
        const key = `${ref} ${revision}`;
        available.set(key, { revision, hosts: [...(available.get(key)?.hosts ?? []), report.host] });
      }
    }
    const list = [...available].map(([key, each]) => ({ ref: key.split(" ", 1)[0] ?? "", ...each }));
    if (args.json) {
      for (const each of list) printJson({ ...each, everywhere: each.hosts.length === there.length });
      return 0;
    }
    const rows = list.map(({ ref, revision, hosts }) => [
      ref.startsWith("refs/tags/") ? "tag" : "branch",
      ref.replace(/^refs\/(heads|tags)\//, ""),
      shortRevision(revision),
      hosts.length === there.length ? "all hosts" : `only ${hosts.join(" ")}`,
    ]);
    print(table(["", "name", "revision", "available on"], rows));
    return 0;
  },
});
