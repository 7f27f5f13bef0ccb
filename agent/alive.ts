import type { Git } from "../lib/effects/git.ts";
import { reasonOf } from "../lib/failure.ts";
import { type Data, type Message, message } from "../lib/messages/catalogue.ts";
import type { CarriedApp } from "../lib/messages/catalogue/hosts.ts";
import { VERSION } from "../lib/version.ts";
import { carriedApps, type Here } from "./desk.ts";
import { machineFacts } from "./facts.ts";
import { livesOf } from "./state.ts";
import type { Carried } from "./work.ts";

/** More refs than this do not fit into one message. */
const MOST_REFS = 4_000;

/** Who this host is, and what is live on it. */
export async function aliveOf(here: Here, asked?: Data<"host.asked">): Promise<Message> {
  const carried = carriedApps(here).filter(({ name }) => asked?.app === undefined || asked.app === name);
  return message("host.alive", {
    host: here.host,
    ...(asked && { question: asked.question }),
    version: VERSION,
    labels: { ...here.settings.labels },
    facts: { ...(await machineFacts()) },
    apps: await Promise.all(carried.map((each) => told(each, asked?.refs === true, here))),
    at: here.now().toISOString(),
  });
}

/** Answers a question; about an app that this host does not carry it has nothing to say. */
export async function answerTo(asked: Data<"host.asked">, here: Here): Promise<readonly Message[]> {
  const concerned = asked.app === undefined || carriedApps(here).some(({ name }) => name === asked.app);
  return concerned ? [await aliveOf(here, asked)] : [];
}

async function told({ name, app, layout }: Carried, withRefs: boolean, here: Here): Promise<CarriedApp> {
  const [live = null, former = null] = await livesOf(layout).catch((error: unknown) => {
    here.log.warn({ app: name, error }, `cannot tell what is live of ${name}: ${reasonOf(error)}`);
    return [];
  });
  const about = { app: name, environment: app.environment, live, former };
  return withRefs ? { ...about, refs: await refsOf(app.repository, here) } : about;
}

/** The mirror's refs. One that was never fetched is fetched first. */
async function refsOf(repository: Carried["app"]["repository"], { deps: { mirrors }, log }: Here) {
  const known = async (git: Git) => (await git.refs()).slice(0, MOST_REFS).map((each) => ({ ...each }));
  const git = mirrors.of(repository);
  try {
    return await known(git);
  } catch {
    await mirrors.fetch(repository).catch((error: unknown) => log.warn({ error }, reasonOf(error)));
    return known(git).catch(() => []);
  }
}
