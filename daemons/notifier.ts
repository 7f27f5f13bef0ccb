import { join } from "node:path";
import type { SharedSettings } from "../lib/config/settings.ts";
import { type Context, defineDaemon, type Replies } from "../lib/daemon/define.ts";
import { catalogue, type Data, message, type MessageType } from "../lib/messages/catalogue.ts";
import type { Envelope } from "../lib/messages/envelope.ts";
import { reasonOf } from "../lib/failure.ts";
import { aboutOf } from "./notifier/about.ts";
import { openChannel } from "./notifier/channels.ts";
import { type Courier, openCourier } from "./notifier/courier.ts";
import { openMemory, type Recollection } from "./notifier/memory.ts";
import { isAt } from "./notifier/places.ts";
import { addressedOf } from "./notifier/rules.ts";
import { settings, type Settings } from "./notifier/settings.ts";
import { openSpool } from "./notifier/spool.ts";

interface Deps {
  readonly courier: Courier;
  readonly memory: Recollection;
  /** Takes up a configuration that was read again. */
  readonly follow: (config: Settings, shared: SharedSettings) => void;
}
type Surrounded = Context<Settings, Deps>;

/** What nobody wants to be told: output, which is long, and signs of life, which never end. */
const CHATTER: readonly MessageType[] = [
  "build.log",
  "deploy.log",
  "host.asked",
  "host.alive",
  "daemon.alive",
  "log.asked",
  "log.told",
];

/** All that says that something happened; not what asks for work, or is for one host alone. */
const HEARD = (Object.keys(catalogue) as MessageType[]).filter((type) => {
  const { kind, destination }: { kind: string; destination: string } = catalogue[type];
  return kind !== "work" && !destination.includes("{host}") && !CHATTER.includes(type);
});

export const notifier = defineDaemon<Settings, Deps>({
  name: "notifier",
  summary:
    "Tells people and forges of what happens: chat, mail, IRC, webhooks, commit statuses, deployments.",
  config: settings,
  // What is under way goes on through a reload; the channels themselves follow the configuration.
  fixed: true,
  deps: async (config, { settings: shared, log }) => {
    const folder = join(shared.state, "notifier");
    const damaged = (file: string) =>
      log.warn({ file }, "a file of the notifier is damaged, and was set aside");
    const unwritten = (error: unknown) =>
      log.error({ error }, `the spool cannot be written; notices wait in memory: ${reasonOf(error)}`);
    const spool = await openSpool(folder, { damaged, unwritten });
    const memory = await openMemory(join(folder, "rollouts"), damaged);
    const courier = openCourier({ spool, log });
    let followed: Settings | undefined;
    const follow = (next: Settings, nextShared: SharedSettings) => {
      if (followed === next) return;
      followed = next;
      courier.configure(next, (name, channel) => openChannel(name, channel, nextShared));
    };
    follow(config, shared);
    return { courier, memory, follow };
  },
  dispose: ({ courier }) => courier.stop(),
  wanted: ({ channels }) => Object.keys(channels).length > 0,
  on: Object.fromEntries(HEARD.map((type) => [type, tell])),
  every: { interval: () => 1_000, tick: lookAfter },
});

/** It is on disk when this resolves; sending goes on by itself. */
async function tell(_data: Data<MessageType>, context: Surrounded, envelope: Envelope): Promise<Replies> {
  const { config, settings: shared, deps, log, now } = context;
  deps.follow(config, shared);
  await deps.memory
    .remember(envelope)
    .catch((error: unknown) => log.warn({ error }, "a rollout cannot be remembered"));
  const about = aboutOf(envelope, deps.memory, shared);
  await deps.courier.take(
    addressedOf(envelope, about, config, (channel, { repository }) => isAt(channel, repository, shared)),
    now,
  );
  return [];
}

/** Tries again what is due, and says what could not be told. */
async function lookAfter({ config, settings: shared, deps, now, host }: Surrounded): Promise<Replies> {
  deps.follow(config, shared);
  await deps.courier.wake(now);
  return deps.courier.troubles(now).map((trouble) =>
    message("event.said", {
      source: "notifier",
      text: `${host}: ${trouble}`.slice(0, 2_000),
      at: now().toISOString(),
    }),
  );
}
