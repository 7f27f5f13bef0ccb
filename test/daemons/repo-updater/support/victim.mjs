// Brings the checkouts of a host up to date, as the daemon does at its start. It is killed while it does.
import { repoUpdater } from "../../../../dist/daemons/repo-updater.js";
import { sharedSettings } from "../../../../dist/lib/config/settings.js";

const { settings: given, config: written } = JSON.parse(process.argv[2]);
const nothing = () => undefined;
const log = { debug: nothing, info: nothing, warn: nothing, error: nothing, child: () => log };
const settings = sharedSettings.parse(given);
const config = repoUpdater.config.parse(written);
const surroundings = { host: "web1", settings, log };
const deps = await repoUpdater.deps(config, surroundings);
process.stdout.write("begun\n");
const said = await repoUpdater.reconcile({
  ...surroundings,
  config,
  deps,
  now: () => new Date(),
  signal: new AbortController().signal,
});
for await (const _ of said) nothing();
