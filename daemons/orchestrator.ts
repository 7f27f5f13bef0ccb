import { join } from "node:path";
import { z } from "zod";
import { type Context, defineDaemon } from "../lib/daemon/define.ts";
import { commitsOf, requiresBuild } from "../lib/config/made-of.ts";
import { codeOf, Failure, reasonOf } from "../lib/failure.ts";
import { type Data, message, type Message } from "../lib/messages/catalogue.ts";
import type { CommandId, HostName } from "../lib/schema/names.ts";
import { duration } from "../lib/schema/quantities.ts";
import { isAuthorisation } from "../lib/security/command.ts";
import { fileSigner, type Signer } from "../lib/security/signer.ts";
import { type TrustSource, trustFolder } from "../lib/security/trust.ts";
import type { Ledger } from "../lib/store/ledger.ts";
import { type Asked, beginRollout, insistMayCancel, openAsked } from "./orchestrator/authorisation.ts";
import { finished, newsBetween, started } from "./orchestrator/news.ts";
import { tell } from "./orchestrator/order.ts";
import { advance, type Event, type Rollout, wanted } from "./orchestrator/rollout.ts";
import type { Store } from "./orchestrator/store.ts";
import { type Turn, turns } from "../lib/pace/turns.ts";

const settings = z.strictObject({
  "answer-within": duration.prefault("30s").describe("How long a host may take to answer at all."),
  "prepare-within": duration.prefault("10m").describe("How long a host may take to have a release ready."),
  "deploy-within": duration
    .prefault("30m")
    .describe("How long a host may take to switch, its scripts included."),
  repeat: duration.prefault("2s").describe("How long to wait for an answer before a host is told again."),
});
type Settings = z.infer<typeof settings>;

interface Deps {
  readonly store: Store;
  readonly ledger: Ledger;
  readonly trust: TrustSource;
  readonly signer: Signer;
  readonly turn: Turn;
  /** When each host was last told what: milliseconds since 1970. Lost with the process; then they are told again. */
  readonly told: Map<string, number>;
  /** Until when nothing need be looked for, in milliseconds since 1970: no rollout was under way. */
  rest: number;
}

type Surrounded = Context<Settings, Deps>;

/** How long is rested where no rollout is under way, in milliseconds: one that another orchestrator left is found then. */
const REST = 5_000;

export const orchestrator = defineDaemon<Settings, Deps>({
  name: "orchestrator",
  summary: "Leads rollouts: one host first, then batch by batch, and stops where too many fail.",
  config: settings,
  deps: async (_config, { settings: { state } }) => {
    // Loaded where it is run: a host that only deploys does without a database.
    const { openLedger } = await import("../lib/store/ledger.ts");
    const { openStore } = await import("./orchestrator/store.ts");
    return {
      store: openStore(state),
      ledger: openLedger(state),
      trust: trustFolder(join(state, "trust")),
      signer: await fileSigner(join(state, "keys", "orchestrator")),
      turn: turns(),
      told: new Map(),
      rest: 0,
    };
  },
  dispose: async ({ store, ledger }) => {
    await store.close();
    await ledger.close();
  },
  on: {
    "rollout.requested": takeUp,
    "rollout.cancelled": cancel,
    "deploy.accepted": ({ rollout, host }, context) => hear(rollout, { says: "accepted", host }, context),
    "deploy.prepared": ({ rollout, host }, context) => hear(rollout, { says: "prepared", host }, context),
    "deploy.finished": (data, context) => hear(data.rollout, eventOf(data), context),
    "deploy.refused": ({ rollout, host, code, reason }, context) =>
      hear(rollout, { says: "refused", host, code, reason }, context),
  },
  every: { interval: () => 500, tick: passTime },
});

/** Takes up a rollout that a person signed, or says why not. Asked twice, it says what it said. */
async function* takeUp({ rollout: id, command: envelope }: Data<"rollout.requested">, context: Surrounded) {
  const { deps, now } = context;
  const done = await deps.turn();
  try {
    const known = await deps.store.find(id);
    if (known !== undefined) {
      yield started(known);
      if (known.phase === "finished") yield finished(known);
      return;
    }
    const asked = openAsked(envelope, deps.trust.current(), now());
    if (asked.command.id !== id)
      throw new Failure("E_PARSE", `Cannot take up ${id}: the command in it is ${asked.command.id}`);
    await insistOn(asked, context);
    const fence = await deps.store.nextFence(asked.command.app, asked.command.environment);
    const state = beginRollout(asked, envelope, fence, now().getTime());
    yield started(state);
    yield* tellHosts(state, context);
    await deps.store.save(state);
    deps.rest = 0;
  } catch (error) {
    context.log.warn({ rollout: id, code: codeOf(error) }, `rollout refused: ${reasonOf(error)}`);
    yield refused(id, error, now());
  } finally {
    done();
  }
}

/** What must hold before a rollout begins. */
async function insistOn({ command }: Asked, { deps, settings: { apps } }: Surrounded): Promise<void> {
  const { app, environment } = command;
  const running = await deps.store.runningOf(app, environment);
  if (running !== undefined)
    throw new Failure("ROLLOUT_RUNNING", `Cannot roll out ${app}: rollout ${running} is under way`);
  const configured = Object.hasOwn(apps, app) ? apps[app] : undefined;
  if (configured === undefined)
    throw new Failure("APP_UNKNOWN", `Cannot roll out ${app}: no app of that name is configured`);
  if (!isAuthorisation(command)) return;
  const commits = commitsOf(app, configured, command.release);
  if (command.kind !== "deploy" || !requiresBuild(configured)) return;
  for (const { repository, commit } of commits) {
    const build = await deps.ledger.buildOf(repository, commit);
    if (build?.outcome === "passed") continue;
    const how = build === undefined ? "has not ended" : build.outcome;
    throw new Failure("BUILD_NOT_PASSED", `Cannot roll out ${app} at ${commit}: its build ${how}`);
  }
}

/** Stops a rollout, where somebody asks for it who may. */
async function* cancel({ rollout, command }: Data<"rollout.cancelled">, context: Surrounded) {
  const { deps, now } = context;
  const trust = deps.trust.current();
  const asked = openAsked(command, trust, now());
  const state = await deps.store.find(rollout);
  if (state === undefined) return;
  insistMayCancel(asked, state, trust.policy);
  yield* hear(rollout, { says: "cancel", by: asked.by }, context);
}

/** Goes on with a rollout after something was heard. News go out before the state is saved: a crash repeats them. */
async function* hear(id: CommandId, event: Event, context: Surrounded) {
  const done = await context.deps.turn();
  try {
    const before = await context.deps.store.find(id);
    if (before !== undefined && before.phase !== "finished") yield* goOn(before, event, context);
  } finally {
    done();
  }
}

async function* passTime(context: Surrounded) {
  const { deps, now } = context;
  if (now().getTime() < deps.rest) return;
  const done = await deps.turn();
  try {
    const underWay = await deps.store.underWay();
    if (underWay.length === 0) deps.rest = now().getTime() + REST;
    for (const before of underWay) yield* goOn(before, { says: "time" }, context);
  } finally {
    done();
  }
}

async function* goOn(before: Rollout, event: Event, context: Surrounded) {
  const { config, deps, now } = context;
  const patience = {
    answer: config["answer-within"],
    prepare: config["prepare-within"],
    deploy: config["deploy-within"],
  };
  const after = advance(before, event, now().getTime(), patience);
  yield* newsBetween(before, after, now());
  yield* tellHosts(after, context);
  if (after !== before) await deps.store.save(after);
}

/** Tells each host what it should know, unless it was told a moment ago. */
async function* tellHosts(state: Rollout, { config, deps, now }: Surrounded) {
  for (const each of wanted(state)) {
    const key = `${state.rollout} ${each.host} ${each.tell}`;
    const time = now().getTime();
    if (time - (deps.told.get(key) ?? 0) < config.repeat) continue;
    yield await tell(state, each, deps.signer, now());
    deps.told.set(key, time);
  }
  if (state.phase !== "finished") return;
  for (const key of deps.told.keys()) if (key.startsWith(state.rollout)) deps.told.delete(key);
}

function eventOf({ host, outcome, code, reason }: Data<"deploy.finished">): Event {
  const says = outcome === "rolled-back" ? "failed" : outcome;
  return says === "failed" ? { says, host, code, reason } : { says, host };
}

function refused(rollout: CommandId, error: unknown, now: Date): Message {
  const code = codeOf(error);
  return message("rollout.finished", {
    rollout,
    outcome: "refused",
    reason: reasonOf(error).slice(0, 8_000),
    ...(code === undefined ? {} : { code }),
    hosts: [] satisfies { host: HostName }[],
    at: now.toISOString(),
    seconds: 0,
  });
}
