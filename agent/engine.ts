import { codeOf, reasonOf } from "../lib/failure.ts";
import type { Log } from "../lib/log.ts";
import { type Message, message } from "../lib/messages/catalogue.ts";
import type { CommandId } from "../lib/schema/names.ts";
import { revisionOf } from "../lib/security/release.ts";
import { appLock } from "./app-lock.ts";
import { type Book, openBook } from "./book.ts";
import { run } from "./course.ts";
import { type Feed, openFeed } from "./feed.ts";
import type { Layout } from "./layout.ts";
import { type Deploy, stateOf } from "./record.ts";
import { livesOf } from "./state.ts";
import type { Carried, Part, Tools, Work } from "./work.ts";

/** Performs the deploys of one app: each goes on to its end, whether somebody listens to it or not. */
export interface Engine {
  readonly book: Book;
  /** One after the other: what checks and then accepts. */
  readonly inTurn: <Value>(work: () => Promise<Value>) => Promise<Value>;
  /** The part that a deploy was started with, while it runs. */
  readonly running: (rollout: CommandId) => Part | undefined;
  /** Begins a part, or goes on with it where it was left, and says how it goes. */
  readonly start: (deploy: Deploy, part: Part, world: Carried & Tools, leaving: AbortSignal) => Feed;
  /** Lets a deploy stop where it is. */
  readonly stop: (rollout: CommandId) => Promise<void>;
  /** Lets all of them stop. Scripts run on; the next engine joins them. */
  readonly close: () => Promise<void>;
}

interface Running {
  readonly part: Part;
  readonly stop: () => void;
  readonly ended: Promise<void>;
}

/** Opens the engine of an app. There must be one of a folder in a process: two would not know of each other. */
export async function openEngine(layout: Layout, log: Log): Promise<Engine> {
  const book = await openBook(layout, log);
  const running = new Map<CommandId, Running>();
  let last: Promise<unknown> = Promise.resolve();
  const stop = async (rollout: CommandId) => {
    const found = running.get(rollout);
    found?.stop();
    await found?.ended;
  };
  return {
    book,
    inTurn: (work) => {
      const turn = last.then(work, work);
      last = turn.catch(() => undefined);
      return turn;
    },
    running: (rollout) => running.get(rollout)?.part,
    start: (deploy, part, world, leaving) => {
      const rollout = deploy.request.command.id;
      const stopping = new AbortController();
      const feed = openFeed();
      const signal = AbortSignal.any([stopping.signal, leaving]);
      const ended = perform(book, deploy, part, world, feed, signal).finally(() => {
        running.delete(rollout);
        feed.end();
      });
      running.set(rollout, { part, stop: () => stopping.abort(), ended });
      return feed;
    },
    stop,
    close: async () => {
      await Promise.all([...running.keys()].map(stop));
    },
  };
}

async function perform(
  book: Book,
  { request }: Deploy,
  part: Part,
  world: Carried & Tools,
  feed: Feed,
  signal: AbortSignal,
): Promise<void> {
  const workOn = (each: Part): Work => ({
    ...world,
    part: each,
    request,
    signal,
    say: feed.say,
    lock: appLock(world.layout, `rollout ${request.command.id} of ${request.by}`),
  });
  try {
    await run(book, part, workOn);
  } catch (error) {
    world.log.error({ error }, `deploy ${request.command.id} of ${world.name} stopped: ${reasonOf(error)}`);
    feed.say(await stopped(request, world, error));
  }
}

/** What cannot even be written down: nothing is known of it later, so that a repeat tries again. */
async function stopped(
  { command }: Deploy["request"],
  { name, host, layout, now }: Carried & Tools,
  error: unknown,
): Promise<Message> {
  const code = codeOf(error);
  const [live = null] = await livesOf(layout).catch(() => []);
  return message("deploy.finished", {
    rollout: command.id,
    app: name,
    host,
    outcome: "failed",
    revision: revisionOf(command.release),
    live,
    reason: reasonOf(error).slice(0, 4_000),
    ...(code && { code }),
    at: now().toISOString(),
    seconds: 0,
  });
}

/** Who has an app on this host, other than this rollout: until it ends, or until it was not given its turn in time. */
export function holderOf({ book }: Engine, rollout: CommandId, now: Date): string | undefined {
  const holder = [...book.deploys()].find(([id, deploy]) => id !== rollout && holds(deploy, now))?.[1];
  if (holder === undefined) return undefined;
  const { request } = holder;
  return `rollout ${request.command.id} of ${request.by}, which is ${stateOf(holder)}`;
}

function holds(deploy: Deploy, now: Date): boolean {
  const state = stateOf(deploy);
  if (state === "over") return false;
  return state === "working" || now.getTime() <= deploy.request.command.exp * 1_000;
}
