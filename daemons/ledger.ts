import { z } from "zod";
import { type Context, defineDaemon, type Replies } from "../lib/daemon/define.ts";
import { type Data, message, type MessageType } from "../lib/messages/catalogue.ts";
import type { Envelope } from "../lib/messages/envelope.ts";
import { newCommandId } from "../lib/security/command.ts";
import { type Ledger, openLedger } from "../lib/store/ledger.ts";

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
  "event.said",
] as const satisfies readonly MessageType[];

/** How often hosts are asked whether they are there, in milliseconds: also those that were there before the ledger was. */
const ROLL_CALL = 60_000;

type Deps = { readonly ledger: Ledger };
type Settings = Record<string, never>;

async function keep(
  _data: Data<MessageType>,
  { deps }: Context<Settings, Deps>,
  envelope: Envelope,
): Promise<Replies> {
  await deps.ledger.record(envelope);
  return [];
}

export const ledger = defineDaemon<Settings, Deps>({
  name: "ledger",
  summary: "Remembers all that happened: pushes, builds, rollouts, deploys, their logs, hosts.",
  config: z.strictObject({}),
  deps: (_config, { settings }) => ({ ledger: openLedger(settings.state) }),
  dispose: ({ ledger: opened }) => opened.close(),
  every: {
    interval: () => ROLL_CALL,
    tick: () => [message("host.asked", { question: newCommandId(), refs: false })],
  },
  on: Object.fromEntries(KEPT.map((type) => [type, keep])),
});
