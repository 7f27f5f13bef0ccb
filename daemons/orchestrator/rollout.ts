import { z } from "zod";
import {
  hostState,
  type HostState,
  type RolloutOutcome,
  rolloutOutcome,
} from "../../lib/messages/catalogue/rollouts.ts";
import {
  appName,
  commandId,
  environmentName,
  type HostName,
  hostName,
  releaseRef,
  revision,
} from "../../lib/schema/names.ts";
import { signedEnvelope } from "../../lib/schema/signed-envelope.ts";

const onHost = z.object({
  state: hostState,
  /** When it came into this state: milliseconds since 1970. */
  since: z.number(),
  /** Whether the host has answered at all. */
  heard: z.boolean(),
  code: z.string().optional(),
  reason: z.string().optional(),
});
export type OnHost = z.infer<typeof onHost>;

/** A rollout under way: all that another orchestrator needs to go on with it. */
export const rollout = z.object({
  rollout: commandId,
  app: appName,
  environment: environmentName,
  kind: z.enum(["deploy", "rollback"]),
  revision,
  ref: releaseRef,
  by: z.string(),
  why: z.string(),
  /** What the person signed, as it goes to each host, and the digest that each *go* names. */
  command: signedEnvelope,
  digest: z.string(),
  fence: z.number(),
  canary: z.number(),
  batches: z.array(z.array(hostName)),
  maxFailures: z.number(),
  pause: z.number(),
  onFailure: z.enum(["stop", "rollback"]),
  startedAt: z.number(),
  endedAt: z.number().optional(),
  phase: z.enum(["preparing", "rolling", "settling", "finished"]),
  /** Which batch has its turn, and since when it may go. */
  batch: z.number(),
  batchFrom: z.number(),
  outcome: rolloutOutcome.optional(),
  reason: z.string().optional(),
  hosts: z.record(hostName, onHost),
});
export type Rollout = z.infer<typeof rollout>;

/** How long the orchestrator waits, in milliseconds. */
export interface Patience {
  /** For a host to say anything. */
  readonly answer: number;
  /** For a host to have the release ready. */
  readonly prepare: number;
  /** For a host to have switched. */
  readonly deploy: number;
}

/** What a rollout hears. */
export type Event =
  | { readonly says: "accepted" | "prepared" | "live" | "reverted" | "cancelled"; readonly host: HostName }
  | {
      readonly says: "failed" | "refused";
      readonly host: HostName;
      readonly code?: string | undefined;
      readonly reason?: string | undefined;
    }
  | { readonly says: "cancel"; readonly by: string }
  | { readonly says: "time" };

/** What a host should be told now. Telling it twice is harmless. */
export type Wanted = { readonly host: HostName; readonly tell: "authorised" | "go" | "revert" | "abort" };

/** What each host of a rollout should be told, derived from nothing but its state: whoever restarts, knows. */
export function wanted({ hosts }: Rollout): readonly Wanted[] {
  const telling: Partial<Record<HostState, Wanted["tell"]>> = {
    preparing: "authorised",
    deploying: "go",
    reverting: "revert",
    cancelled: "abort",
  };
  return entries(hosts).flatMap(([host, { state, heard }]) => {
    const tell = telling[state];
    return tell === undefined || (tell === "abort" && heard) ? [] : [{ host, tell }];
  });
}

/** How a rollout goes on after an event. Pure; the same event twice changes nothing the second time. */
export function advance(before: Rollout, event: Event, now: number, patience: Patience): Rollout {
  if (before.phase === "finished") return before;
  return settle(decide(hear(before, event, now, patience), now), now);
}

function hear(state: Rollout, event: Event, now: number, patience: Patience): Rollout {
  switch (event.says) {
    case "time":
      return overdue(state, now, patience);
    case "cancel":
      return stop(state, "cancelled", `cancelled by ${event.by}`, now);
    case "accepted":
      return change(state, event.host, (host) =>
        host.state === "preparing" ? { ...host, heard: true } : host,
      );
    case "prepared":
      return move(state, event.host, ["preparing"], { state: "prepared" }, now);
    case "live":
      return move(state, event.host, ["deploying", "preparing"], { state: "live" }, now);
    case "reverted":
      return move(state, event.host, ["reverting"], { state: "reverted" }, now);
    case "cancelled":
      return change(state, event.host, (host) =>
        host.state === "cancelled" ? { ...host, heard: true } : host,
      );
    case "refused":
    case "failed": {
      const { code, reason, says } = event;
      return move(
        state,
        event.host,
        ["preparing", "deploying", "reverting"],
        { state: says, code, reason },
        now,
      );
    }
  }
}

/** Hosts that did not answer in time: away where they never said anything, failed where they did. */
function overdue(state: Rollout, now: number, patience: Patience): Rollout {
  return entries(state.hosts).reduce((all, [host, { state: at, since, heard }]) => {
    const waited = now - since;
    if (at === "preparing" && !heard && waited > patience.answer) {
      return move(
        all,
        host,
        [at],
        { state: "away", code: "ANSWER_TIMEOUT", reason: `no answer in ${waited} ms` },
        now,
      );
    }
    const most =
      at === "preparing"
        ? patience.prepare
        : at === "deploying" || at === "reverting"
          ? patience.deploy
          : Infinity;
    if (waited <= most) return all;
    return move(
      all,
      host,
      [at],
      { state: "failed", code: "ANSWER_TIMEOUT", reason: `no result in ${waited} ms` },
      now,
    );
  }, state);
}

function decide(state: Rollout, now: number): Rollout {
  if (state.phase === "preparing") return afterPreparing(state, now);
  return state.phase === "rolling" ? rollOn(state, now) : state;
}

function afterPreparing(state: Rollout, now: number): Rollout {
  if (count(state, ["preparing", "waiting"]) > 0) return state;
  const bad = failures(state);
  if (bad > state.maxFailures || count(state, ["prepared", "live"]) === 0) {
    return stop(state, "failed", `${bad} of ${Object.keys(state.hosts).length} hosts could not prepare`, now);
  }
  return rollOn({ ...state, phase: "rolling", batch: 0, batchFrom: now }, now);
}

/** Starts the batch whose turn it is, or takes stock of it once all its hosts have ended and turns to the next. */
function rollOn(state: Rollout, now: number): Rollout {
  const batch = state.batches[state.batch] ?? [];
  const among = (...states: HostState[]) =>
    batch.filter((host) => states.includes(state.hosts[host]?.state ?? "waiting"));
  if (among("deploying").length > 0) return state;
  if (among("prepared").length > 0) {
    if (now < state.batchFrom) return state;
    return batch.reduce((all, host) => move(all, host, ["prepared"], { state: "deploying" }, now), state);
  }
  const isCanary = state.batch === 0 && state.canary > 0;
  if (isCanary && among(...FAILED).length > 0) return stop(state, "failed", "the canary failed", now);
  const bad = failures(state);
  if (bad > state.maxFailures) {
    return stop(state, "failed", `${bad} hosts failed, and ${state.maxFailures} may`, now);
  }
  if (state.batch + 1 >= state.batches.length) return { ...state, phase: "settling", outcome: "succeeded" };
  return rollOn({ ...state, batch: state.batch + 1, batchFrom: now + state.pause }, now);
}

/** Ends a rollout: nobody else goes, and what was switched goes back where the strategy says so. */
function stop(state: Rollout, outcome: RolloutOutcome, reason: string, now: number): Rollout {
  const idle = entries(state.hosts).reduce(
    (all, [host]) => move(all, host, ["waiting", "preparing", "prepared"], { state: "cancelled" }, now),
    state,
  );
  return { ...idle, phase: "settling", outcome, reason };
}

function settle(state: Rollout, now: number): Rollout {
  if (state.phase !== "settling") return state;
  if (count(state, ["deploying"]) > 0) return state;
  const goesBack = state.outcome === "failed" && state.onFailure === "rollback";
  const back = goesBack
    ? entries(state.hosts).reduce(
        (all, [host]) => move(all, host, ["live"], { state: "reverting" }, now),
        state,
      )
    : state;
  if (count(back, ["reverting"]) > 0) return back;
  const outcome = count(back, ["reverted"]) > 0 && back.outcome === "failed" ? "rolled-back" : back.outcome;
  return { ...back, phase: "finished", outcome, endedAt: now };
}

/** How many hosts count against the limit. */
const failures = (state: Rollout): number => count(state, FAILED);

const FAILED: readonly HostState[] = ["failed", "refused", "away"];

const count = ({ hosts }: Rollout, states: readonly HostState[]): number =>
  Object.values(hosts).filter(({ state }) => states.includes(state)).length;

const entries = (hosts: Rollout["hosts"]) => Object.entries(hosts) as [HostName, OnHost][];

function change(state: Rollout, host: HostName, how: (host: OnHost) => OnHost): Rollout {
  const before = state.hosts[host];
  if (before === undefined) return state;
  const after = how(before);
  return after === before ? state : { ...state, hosts: { ...state.hosts, [host]: after } };
}

function move(
  state: Rollout,
  host: HostName,
  from: readonly HostState[],
  to: Pick<OnHost, "state"> & { code?: string | undefined; reason?: string | undefined },
  now: number,
): Rollout {
  return change(state, host, (before) =>
    from.includes(before.state)
      ? {
          state: to.state,
          since: now,
          heard: to.state !== "cancelled" && before.heard,
          ...(to.code === undefined ? {} : { code: to.code }),
          ...(to.reason === undefined ? {} : { reason: to.reason }),
        }
      : before,
  );
}
