import { originsOf } from "../lib/config/made-of.ts";
import { namesIn } from "../lib/effects/folders.ts";
import { reasonOf } from "../lib/failure.ts";
import { type Data, type Message, message } from "../lib/messages/catalogue.ts";
import type { CarriedApp } from "../lib/messages/catalogue/hosts.ts";
import type { RepositoryName } from "../lib/schema/names.ts";
import { VERSION } from "../lib/version.ts";
import { carriedApps, type Here } from "./desk.ts";
import { readHistory } from "./history.ts";
import type { Layout } from "./layout.ts";
import { toldReleases } from "./releases.ts";
import { livesOf } from "./state.ts";
import type { Carried } from "./work.ts";

/** More refs than this do not fit into one message. */
const MOST_REFS = 4_000;

/** Who this host is, and what is live on it. */
export async function aliveOf(here: Here, asked?: Data<"host.asked">): Promise<Message> {
  const carried = carriedApps(here).filter(({ name }) => asked?.app === undefined || asked.app === name);
  const { facts, classes } = here.deps.facts.current();
  return message("host.alive", {
    host: here.host,
    ...(asked && { question: asked.question }),
    version: VERSION,
    labels: { ...here.settings.labels },
    facts: { ...facts },
    ...(classes.length > 0 && { classes: [...classes] }),
    apps: await Promise.all(carried.map((each) => told(each, asked, here))),
    at: here.now().toISOString(),
  });
}

/** Answers a question; about an app that this host does not carry it has nothing to say. */
export async function answerTo(asked: Data<"host.asked">, here: Here): Promise<readonly Message[]> {
  const concerned = asked.app === undefined || carriedApps(here).some(({ name }) => name === asked.app);
  return concerned ? [await aliveOf(here, asked)] : [];
}

async function told(
  { name, app, layout }: Carried,
  asked: Data<"host.asked"> | undefined,
  here: Here,
): Promise<CarriedApp> {
  const [live = null, former = null] = await livesOf(layout).catch((error: unknown) => {
    here.log.warn({ app: name, error }, `cannot tell what is live of ${name}: ${reasonOf(error)}`);
    return [];
  });
  return {
    app: name,
    environment: app.environment,
    live,
    former,
    ...(asked?.refs === true && { refs: await refsOf(app, here) }),
    ...(asked?.releases === true && { releases: [...(await releasesOf(layout))] }),
  };
}

/** More do not fit into a message; the newest are told. */
const MOST_RELEASES = 1_000;

const releasesOf = async (layout: Layout) =>
  toldReleases(await namesIn(layout.releases), await readHistory(layout)).slice(-MOST_RELEASES);

/** The refs of every repository that an app comes from. */
async function refsOf(app: Carried["app"], here: Here) {
  const all = originsOf(app).map(async ({ repository, part }) =>
    (await refsIn(repository, here)).map((each) => ({ ...(part && { part }), ...each })),
  );
  return (await Promise.all(all)).flat().slice(0, MOST_REFS);
}

/** A mirror's refs. One that was never fetched is fetched first. */
async function refsIn(repository: RepositoryName, { deps: { mirrors }, log }: Here) {
  const git = mirrors.of(repository);
  try {
    return await git.refs("newest first");
  } catch {
    await mirrors.fetch(repository).catch((error: unknown) => log.warn({ error }, reasonOf(error)));
    return git.refs("newest first").catch(() => []);
  }
}
