import { lineOfApp } from "../../lib/artifacts/line.ts";
import { openStore } from "../../lib/artifacts/open.ts";
import type { AppOf } from "../../lib/config/apps.ts";
import { targetName } from "../../lib/schema/artifacts.ts";
import { type AppName, appName, shortRef, shortRevision } from "../../lib/schema/names.ts";
import { Failure } from "../../lib/failure.ts";
import { availableOn, firstOf } from "../available.ts";
import { type CommonArguments, defineCommand } from "../command.ts";
import { carriers, takeInventory } from "../inventory.ts";
import { appOf } from "../launch.ts";
import { print, printJson, table } from "../output.ts";
import { parsed } from "../parsed.ts";
import { readSettings, withSession } from "../session.ts";

export const refs = defineCommand({
  options: (yargs) =>
    yargs
      .positional("app", { type: "string", demandOption: true, describe: "The app" })
      .option("count", { type: "number", describe: "Only so many tags and branches, the newest" }),
  run: async (args) => {
    const app = parsed(appName, args.app, "app");
    const configured = appOf(readSettings(args), app);
    if ("artifact" in configured) return versions(app, configured, args);
    if (configured.driver === "container" && "artifact" in configured.image)
      return versions(app, configured.image, args);
    const seen = await withSession(args, (session) => takeInventory(session, { app, refs: true }));
    const there = carriers(seen, app).filter(({ present }) => present);
    if (there.length === 0)
      throw new Failure("HOSTS_NONE", `Cannot list the refs of ${app}: no host that is here carries it`);
    const all = availableOn(
      there.map(({ report: { host, apps } }) => ({
        host,
        refs: apps.find((each) => each.app === app)?.refs ?? [],
      })),
    );
    const list = args.count === undefined ? all : firstOf(all, args.count);
    if (args.json) {
      for (const each of list) printJson({ ...each, everywhere: each.hosts.length === there.length });
      return 0;
    }
    const ofSite = list.some(({ part }) => part !== undefined);
    const rows = list.map(({ part, ref, revision, hosts }) => [
      hosts.length === there.length ? "" : "*",
      ...(ofSite ? [part ?? ""] : []),
      ref.startsWith("refs/tags/") ? "tag" : "branch",
      shortRef(ref),
      shortRevision(revision),
      hosts.length === there.length ? "all hosts" : `only ${hosts.join(" ")}`,
    ]);
    print(table(["", ...(ofSite ? ["part"] : []), "", "name", "revision", "available on"], rows));
    return 0;
  },
});

/** The versions of an app that comes from an artifact store, the newest last. */
async function versions(
  app: AppName,
  { artifact }: Pick<AppOf<"artifact">, "artifact">,
  args: Pick<CommonArguments, "config" | "json">,
): Promise<number> {
  const line = lineOfApp(app, { artifact }, targetName.parse(artifact.target));
  const store = openStore(readSettings(args), artifact.store);
  const known = await store.versions(line);
  const latest = known.length === 0 ? undefined : await store.latest(line);
  for (const version of known) {
    if (args.json) printJson({ version, target: line.target, latest: version === latest });
    else print(version === latest ? `${version}  latest` : version);
  }
  if (known.length === 0 && !args.json) print(`${store.place} has no version of ${app} in ${line.target}`);
  return 0;
}
