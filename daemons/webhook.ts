import { resolve } from "node:path";
import { z } from "zod";
import { listeningOf } from "../lib/config/listening.ts";
import { type Context, defineDaemon, type Response } from "../lib/daemon/define.ts";
import { type Asked, json, only } from "../lib/effects/http-server.ts";
import { openSeen } from "../lib/effects/seen.ts";
import type { Message } from "../lib/messages/catalogue.ts";
import { lineOf } from "../lib/messages/envelope.ts";
import { safeText } from "../lib/safe-text.ts";
import { type Begun, deliveries, type Deliveries, namesOf } from "./webhook/deliveries.ts";
import type { Ignored, Told } from "./webhook/forge.ts";
import { senderOf } from "./webhook/forges.ts";
import { type Hook, openHooks } from "./webhook/hooks.ts";
import { messagesOf } from "./webhook/messages.ts";
import { formOf, payloadIn } from "./webhook/payload.ts";
import { Refusal } from "./webhook/refusal.ts";
import { type Settings, settings } from "./webhook/settings.ts";

/** What is at work: the hooks by their paths, and what they have taken. */
interface Deps {
  readonly hooks: ReadonlyMap<string, Hook>;
  readonly deliveries: Deliveries;
}
type Surrounded = Context<Settings, Deps>;

const DAY = 24 * 60 * 60 * 1_000;
/** How long and how many deliveries are remembered: GitHub sends again for three days. */
const MEMORY = { keep: 7 * DAY, most: 50_000, now: () => new Date() };

export const webhook = defineDaemon<Settings, Deps>({
  name: "webhook",
  summary: "Tells of every push that a forge announces over HTTP, and of merge requests and releases.",
  config: settings,
  wanted: ({ hooks }) => Object.keys(hooks).length > 0,
  deps: async ({ hooks }, surroundings) => ({
    hooks: openHooks(hooks, surroundings),
    deliveries: deliveries(
      await openSeen(resolve(surroundings.settings.state, "webhook", "deliveries.jsonl"), MEMORY),
      surroundings.log,
    ),
  }),
  serve: { at: listeningOf, answer },
});

async function answer(asked: Asked, context: Surrounded): Promise<Response> {
  const hook = context.deps.hooks.get(asked.path);
  try {
    if (hook === undefined) throw new Refusal(404, "no hook of the configuration has this path");
    return await taken(asked, hook, context);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const { status, message } = error;
    if (hook !== undefined)
      context.log.warn({ hook: hook.name, status }, `a delivery is refused: ${safeText(message)}`);
    const allow = status === 405 ? { allow: "POST" } : {};
    const told = json(status, { refused: message });
    return { answer: { ...told, headers: { ...told.headers, ...allow } }, messages: [] };
  }
}

/** @throws {Refusal} */
async function taken(asked: Asked, hook: Hook, context: Surrounded): Promise<Response> {
  const told = toldBy(asked, hook, context.now());
  if ("ignored" in told) return ignored(told.ignored, hook, context);
  const repositories = told.repository === undefined ? [] : hook.named(told.repository);
  if (repositories.length === 0)
    return ignored(
      `no repository of the configuration is called ${JSON.stringify(told.repository ?? "")} at this forge`,
      hook,
      context,
    );
  const begun = await context.deps.deliveries.begin(namesOf(asked, hook, told), told, context.now());
  if (begun === undefined) return ignored("it was taken before", hook, context);
  const messages = repositories.flatMap((repository) => messagesOf(told, repository, begun.at));
  return { answer: json(202, { announced: messages.map(lineOf) }), messages: saying(messages, begun) };
}

/** What a request tells, once it is known to come from the forge. */
function toldBy(asked: Asked, { name, kind, forge, secrets }: Hook, now: Date): Told | Ignored {
  if (asked.method !== "POST") throw new Refusal(405, "forges send by POST");
  const form = formOf(asked);
  const why = forge.verify(asked, secrets, now);
  if (why !== undefined) throw new Refusal(401, why);
  const sender = senderOf(asked);
  if (sender !== undefined && sender !== kind)
    throw new Refusal(400, `it comes from ${sender}, and the hook ${name} is for ${kind}: mend \`forge\``);
  const header = forge.event.find((each) => asked.headers[each] !== undefined) ?? "";
  const payload = payloadIn(asked, form);
  try {
    return forge.tell(only(asked, header) ?? "", payload);
  } catch (error) {
    if (!(error instanceof z.ZodError)) throw error;
    const [issue] = error.issues;
    throw new Refusal(400, `it is not what ${kind} sends: ${issue?.path.join(".")}: ${issue?.message}`);
  }
}

function ignored(why: string, { name }: Hook, { log }: Surrounded): Response {
  log.info({ hook: name }, `a delivery is ignored: ${safeText(why).slice(0, 500)}`);
  return { answer: json(200, { ignored: why.slice(0, 500) }), messages: [] };
}

/** What follows a `yield` runs once the message was published. */
async function* saying(messages: readonly Message[], begun: Begun): AsyncGenerator<Message> {
  try {
    yield* messages;
    await begun.done();
  } finally {
    begun.end();
  }
}
