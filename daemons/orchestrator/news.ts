import { message, type Message } from "../../lib/messages/catalogue.ts";
import type { HostName } from "../../lib/schema/names.ts";
import type { OnHost, Rollout } from "./rollout.ts";

/** What is told when a rollout begins. */
export function started(state: Rollout): Message {
  const { rollout, app, environment, kind, revision, ref, by, why, batches, startedAt } = state;
  return message("rollout.started", {
    rollout,
    app,
    environment,
    kind,
    revision,
    ref,
    by,
    why,
    batches,
    at: new Date(startedAt).toISOString(),
  });
}

/** What is told of the way from one state of a rollout to the next. */
export function newsBetween(before: Rollout, after: Rollout, now: Date): Message[] {
  const moved = hostsOf(after).filter(([host, { state }]) => before.hosts[host]?.state !== state);
  const progress = moved.map(([host, { state, ...problem }]) =>
    message("rollout.progress", {
      rollout: after.rollout,
      app: after.app,
      host,
      state,
      ...problemOf(problem),
      at: now.toISOString(),
    }),
  );
  return after.phase === "finished" && before.phase !== "finished"
    ? [...progress, finished(after)]
    : progress;
}

/** What is told when a rollout has ended. */
export function finished(state: Rollout): Message {
  const { rollout, app, revision, outcome = "failed", reason, startedAt, endedAt = startedAt } = state;
  return message("rollout.finished", {
    rollout,
    app,
    revision,
    outcome,
    ...(reason === undefined ? {} : { reason }),
    hosts: hostsOf(state).map(([host, each]) => ({ host, state: each.state, ...problemOf(each) })),
    at: new Date(endedAt).toISOString(),
    seconds: (endedAt - startedAt) / 1_000,
  });
}

const hostsOf = ({ hosts }: Rollout) => Object.entries(hosts) as [HostName, OnHost][];

function problemOf({ code, reason }: Pick<OnHost, "code" | "reason">) {
  return { ...(code === undefined ? {} : { code }), ...(reason === undefined ? {} : { reason }) };
}
