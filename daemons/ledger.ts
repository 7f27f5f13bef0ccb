import { z } from "zod";
import { type Context, defineDaemon, type Replies } from "../lib/daemon/define.ts";
import { type Data, message, type MessageType } from "../lib/messages/catalogue.ts";
import type { Envelope } from "../lib/messages/envelope.ts";
import { duration } from "../lib/schema/quantities.ts";
import { HEARTBEAT } from "../lib/daemon/run.ts";
import { newCommandId } from "../lib/security/command.ts";
import type { Ledger } from "../lib/store/ledger.ts";
import { linesFor, type Roll, rollOf } from "./ledger/roll.ts";

/** What is worth remembering: all that says that something happened. Work is not: whoever hears it takes it. */
const KEPT = [
  "commit.pushed",
  "build.started",
  "build.log",
  "build.finished",
  "build.cancelled",
  "mirror.updated",
  "rollout.started",
  "rollout.progress",
  "rollout.finished",
  "deploy.accepted",
  "deploy.prepared",
  "deploy.progress",
  "deploy.log",
  "deploy.finished",
  "deploy.refused",
  "host.alive",
  "access.applied",
  "event.said",
] as const satisfies readonly MessageType[];

/** How often hosts are asked whether they are there, in milliseconds: also those that were there before the ledger was. */
const ROLL_CALL = 60_000;
/** How often it is looked who has fallen silent, in milliseconds. */
const LOOK = 5_000;

const settings = z.strictObject({
  "silent-after": duration
    .prefault("1m")
    .refine((milliseconds) => milliseconds >= 2 * HEARTBEAT, {
      error: `must be two beats at least: ${(2 * HEARTBEAT) / 1_000}s`,
    })
    .describe("How long a daemon may be silent before it is told of; each says every 20s that it is there."),
  "forget-after": duration
    .prefault("30d")
    .describe("How long a daemon that is silent, or stopped, is still listed."),
});
type Settings = z.infer<typeof settings>;

interface Deps {
  readonly ledger: Ledger;
  readonly roll: Roll;
  /** When the roll was called last, in milliseconds since 1970. */
  called: number;
}

type Here = Context<Settings, Deps>;

async function keep(_data: Data<MessageType>, { deps }: Here, envelope: Envelope): Promise<Replies> {
  await deps.ledger.record(envelope);
  return [];
}

export const ledger = defineDaemon<Settings, Deps>({
  name: "ledger",
  summary:
    "Remembers all that happened: pushes, builds, rollouts, deploys, their logs, hosts. Notices who falls silent.",
  config: settings,
  deps: async ({ "silent-after": patience }, { host, settings: { state } }) => {
    // Loaded where it is run: a host that only deploys does without a database.
    const { openLedger } = await import("../lib/store/ledger.ts");
    const opened = openLedger(state);
    const self = { daemon: "ledger", host };
    return { ledger: opened, roll: rollOf(await opened.daemons(), { patience, self }), called: 0 };
  },
  dispose: async ({ ledger: opened, roll }) => {
    await opened.keepDaemons(roll.news(true), new Date(0));
    await opened.close();
  },
  // What was said while the broker was away nobody heard: that is not silence.
  reconcile: ({ deps, now }) => {
    deps.roll.listenFrom(now().getTime());
    return [];
  },
  every: { interval: () => LOOK, tick: look },
  on: {
    ...Object.fromEntries(KEPT.map((type) => [type, keep])),
    "daemon.alive": (beat, { deps, now }) => {
      deps.roll.heard(beat, now().getTime());
      return [];
    },
  },
});

/** Calls the roll now and then, and tells who has fallen silent, and who is back. */
async function look({ deps, config, now }: Here): Promise<Replies> {
  const time = now().getTime();
  const isCall = time - deps.called >= ROLL_CALL || time < deps.called;
  const { silent, back } = deps.roll.judge(time);
  const all = deps.roll.all();
  const lines = [
    ...linesFor(silent, all, (who, which) => {
      const since = new Date(Math.max(...which.map(({ seen }) => seen)));
      return `${who} has been silent since ${since.toISOString()}`;
    }),
    ...linesFor(back, all, (who) => `${who} is back`),
  ];
  const said = lines.map((text) =>
    message("event.said", { source: "ledger", text, at: now().toISOString() }),
  );
  const news = deps.roll.news(isCall);
  if (news.length > 0) await deps.ledger.keepDaemons(news, new Date(time - config["forget-after"]));
  if (!isCall) return said;
  deps.called = time;
  return [...said, message("host.asked", { question: newCommandId(), refs: false })];
}
