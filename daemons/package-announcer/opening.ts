import { join, resolve } from "node:path";
import type { Surroundings } from "../../lib/daemon/define.ts";
import { verifyClearSigned } from "../../lib/effects/gpgv.ts";
import { http } from "../../lib/effects/http.ts";
import { openPushSpool, type PushSpool } from "../../lib/effects/push-spool.ts";
import { openRecords } from "../../lib/effects/records.ts";
import { openReprepro, readControl } from "../../lib/effects/reprepro.ts";
import { openUploads, type Uploads } from "../../lib/effects/uploads.ts";
import { type Watch, watchFolder } from "../../lib/effects/watch.ts";
import { seen } from "./archive.ts";
import { type Settings, SPOOL } from "./configuration.ts";
import { begun, Intake } from "./incoming.ts";
import { Poll } from "./polling.ts";
import { readerOf } from "./reader.ts";

/** What the package-announcer works with. */
export interface Sources {
  readonly spool: PushSpool;
  readonly intakes: readonly Intake[];
  readonly polls: readonly Poll[];
  /** All folders in which something may happen, but the spool. */
  readonly folders: readonly Watch[];
}

interface Opened {
  readonly uploads: Uploads;
  readonly intake: Intake;
}
type Kept = Settings["reprepro"][keyof Settings["reprepro"]];

/** Opens everything that the configuration names. */
export async function openSources(config: Settings, surroundings: Surroundings): Promise<Sources> {
  const { state } = surroundings.settings;
  const opened: Opened[] = [];
  for (const [name, kept] of Object.entries(config.reprepro))
    opened.push(...(await openIntake(name, kept, surroundings)));
  const local = Object.values(config.archives).flatMap(({ url, suite }) =>
    isLocal(url) ? [decodeURIComponent(new URL(`${url}/dists/${suite}`).pathname)] : [],
  );
  return {
    spool: await openPushSpool(resolve(state, config.spool ?? SPOOL), "packages"),
    intakes: opened.map(({ intake }) => intake),
    polls: openPolls(config, surroundings),
    folders: [...opened.flatMap(({ uploads }) => uploads.folders), ...local].map(watchFolder),
  };
}

/** At a reload, what was begun under the former configuration is still written to: opened only when it is first needed. */
function lazily<Opened>(open: () => Promise<Opened>): () => Promise<Opened> {
  let opened: Promise<Opened> | undefined;
  return () => (opened ??= open());
}

const isLocal = (url: string): boolean => url.startsWith("file:");

const complain = ({ log }: Surroundings, file: string): void =>
  log.error({ file }, "a damaged file is kept aside");

async function openIntake(name: string, reprepro: Kept, surroundings: Surroundings): Promise<Opened[]> {
  const { base, incoming, timeout, "gnupg-home": gnupgHome } = reprepro;
  if (incoming === undefined) return [];
  const { settings, log } = surroundings;
  const { folder, distributions, settle, patience } = incoming;
  const uploads = await openUploads(folder, distributions);
  const records = lazily(() =>
    openRecords(join(settings.state, "packages", "incoming", name), begun, (file) =>
      complain(surroundings, file),
    ),
  );
  const archive = openReprepro({ base, gnupgHome, timeout });
  const intake = new Intake({
    name,
    uploads,
    reprepro: archive,
    readControl,
    records,
    settle,
    patience,
    log,
  });
  return [{ uploads, intake }];
}

function openPolls({ archives }: Settings, surroundings: Surroundings): readonly Poll[] {
  const { settings, log } = surroundings;
  const known = lazily(() =>
    openRecords(join(settings.state, "packages", "archives"), seen, (file) => complain(surroundings, file)),
  );
  return Object.entries(archives).map(([name, { url, interval, keyring, ...rest }]) => {
    if (keyring === undefined)
      log.warn({ archive: name }, `what the archive ${name} says is announced unverified: it has no keyring`);
    const archive = { ...rest, name, keyring, read: readerOf(url, http), verify: verifyClearSigned };
    // To look at a file of this machine costs next to nothing.
    return new Poll({ ...archive, url, interval: isLocal(url) ? 0 : interval }, known, log);
  });
}
