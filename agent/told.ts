import type { Message } from "../lib/messages/catalogue.ts";
import { aliveOf } from "./alive.ts";
import { type Here, toolsOf } from "./desk.ts";
import type { Engine } from "./engine.ts";
import type { Feed } from "./feed.ts";
import { olderLine } from "./older-line.ts";
import { pendingPart } from "./orders.ts";
import type { Deploy } from "./record.ts";
import type { Carried } from "./work.ts";

/** Goes on with a deploy that was left half-done, unless it is running: it happens to be asked for again. */
export function goOn(engine: Engine, deploy: Deploy, carried: Carried, here: Here): Feed | undefined {
  const part = pendingPart(deploy);
  if (part === undefined || engine.running(deploy.request.command.id) !== undefined) return undefined;
  return engine.start(deploy, part, { ...carried, ...toolsOf(here) }, here.signal);
}

/** What a deploy says; at its end the host tells what is live on it now, and the older kit's readers what was checked out. */
export async function* told(feed: Feed, here: Here): AsyncGenerator<Message, void> {
  for await (const message of feed) {
    yield message;
    if (message.type !== "deploy.finished") continue;
    yield* olderLine(message.data, here);
    yield await aliveOf(here);
  }
}
