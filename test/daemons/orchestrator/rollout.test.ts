import fc from "fast-check";
import { expect, test } from "vitest";
import { planBatches } from "../../../daemons/orchestrator/plan.ts";
import {
  advance,
  type Event,
  type Rollout,
  rollout as schema,
  wanted,
} from "../../../daemons/orchestrator/rollout.ts";
import { type HostName, hostName } from "../../../lib/schema/names.ts";
import { revisionOf } from "../../support/builders.ts";

const patience = { answer: 1_000, prepare: 10_000, deploy: 20_000 };
const named = (name: string) => hostName.parse(name);

interface Said {
  readonly hosts?: number;
  readonly canary?: number;
  readonly batches?: number;
  readonly maxFailures?: number;
  readonly pause?: number;
  readonly onFailure?: "stop" | "rollback";
}

function aRollout({
  hosts = 3,
  canary = 1,
  batches = 1,
  maxFailures = 0,
  pause = 0,
  onFailure = "stop",
}: Said = {}): Rollout {
  const names = Array.from({ length: hosts }, (_, index) => named(`web${index + 1}`));
  return schema.parse({
    rollout: "0123456789abcdef",
    app: "shop",
    environment: "production",
    kind: "deploy",
    revision: revisionOf("a"),
    ref: "refs/heads/main",
    by: "dana",
    why: "",
    command: { payloadType: "x", payload: "eA==", signatures: [] },
    digest: "",
    fence: 1,
    canary,
    batches: planBatches(names, { canary, batches }),
    maxFailures,
    pause,
    onFailure,
    startedAt: 0,
    phase: "preparing",
    batch: 0,
    batchFrom: 0,
    hosts: Object.fromEntries(names.map((name) => [name, { state: "preparing", since: 0, heard: false }])),
  });
}

const after = (state: Rollout, ...events: Event[]): Rollout =>
  events.reduce((all, event) => advance(all, event, 0, patience), state);
const says = (
  what: "accepted" | "prepared" | "live" | "reverted" | "cancelled",
  ...hosts: string[]
): Event[] => hosts.map((host) => ({ says: what, host: named(host) }));
const fails = (host: string): Event => ({ says: "failed", host: named(host), reason: "no" });
const told = (state: Rollout) => wanted(state).map(({ host, tell }) => `${tell} ${host}`);
const states = (state: Rollout) => Object.values(state.hosts).map((host) => host.state);

test("every host prepares at once, and nobody goes before all have", () => {
  expect(told(aRollout())).toEqual(["authorised web1", "authorised web2", "authorised web3"]);
  expect(told(after(aRollout(), ...says("prepared", "web1", "web2")))).toEqual(["authorised web3"]);
});

test("the canary goes first, the others follow one batch after the other", () => {
  const prepared = after(aRollout(), ...says("prepared", "web1", "web2", "web3"));
  expect(told(prepared)).toEqual(["go web1"]);
  expect(told(after(prepared, ...says("live", "web1")))).toEqual(["go web2"]);
  const done = after(prepared, ...says("live", "web1", "web2", "web3"));
  expect(done).toMatchObject({ phase: "finished", outcome: "succeeded" });
  expect(told(done)).toEqual([]);
});

test("a canary that fails ends the rollout, whatever the limit, and nobody else goes", () => {
  const failed = after(
    aRollout({ maxFailures: 2 }),
    ...says("prepared", "web1", "web2", "web3"),
    fails("web1"),
  );
  expect(failed).toMatchObject({ phase: "finished", outcome: "failed", reason: "the canary failed" });
  expect(states(failed)).toEqual(["failed", "cancelled", "cancelled"]);
  expect(told(failed)).toEqual(["abort web2", "abort web3"]);
});

test("failures within the limit go on; past it everything stops", () => {
  const rolling = after(
    aRollout({ hosts: 4, maxFailures: 1 }),
    ...says("prepared", "web1", "web2", "web3", "web4"),
    ...says("live", "web1"),
  );
  const once = after(rolling, fails("web2"));
  expect(told(once)).toEqual(["go web3"]);
  expect(after(once, fails("web3"))).toMatchObject({ phase: "finished", outcome: "failed" });
});

test("what was switched goes back where the strategy says so", () => {
  const failed = after(
    aRollout({ onFailure: "rollback" }),
    ...says("prepared", "web1", "web2", "web3"),
    ...says("live", "web1"),
    fails("web2"),
  );
  expect(told(failed)).toContain("revert web1");
  expect(failed.phase).toBe("settling");
  expect(after(failed, ...says("reverted", "web1"))).toMatchObject({
    phase: "finished",
    outcome: "rolled-back",
  });
});

test("a host that never answers is away; one that accepted and went silent has failed", () => {
  const state = after(aRollout({ hosts: 2 }), ...says("accepted", "web1"));
  const later = advance(state, { says: "time" }, 5_000, patience);
  expect(states(later)).toEqual(["preparing", "away"]);
  expect(advance(later, { says: "time" }, 11_000, patience)).toMatchObject({
    phase: "finished",
    outcome: "failed",
  });
});

test("a batch waits for the pause after the one before", () => {
  const state = after(
    aRollout({ pause: 500 }),
    ...says("prepared", "web1", "web2", "web3"),
    ...says("live", "web1"),
  );
  expect(told(state)).toEqual([]);
  expect(told(advance(state, { says: "time" }, 499, patience))).toEqual([]);
  expect(told(advance(state, { says: "time" }, 500, patience))).toEqual(["go web2"]);
});

test("a cancelled rollout waits for the host that is switching, and starts no other", () => {
  const state = after(aRollout(), ...says("prepared", "web1", "web2", "web3"), {
    says: "cancel",
    by: "dana",
  });
  expect(state.phase).toBe("settling");
  expect(after(state, ...says("live", "web1"))).toMatchObject({ phase: "finished", outcome: "cancelled" });
});

test("an event that was heard before changes nothing", () => {
  const state = after(aRollout(), ...says("prepared", "web1", "web2", "web3"));
  expect(after(state, ...says("prepared", "web1"))).toBe(state);
});

const anEvent = (hosts: readonly HostName[]): fc.Arbitrary<Event> =>
  fc.oneof(
    fc.record({
      says: fc.constantFrom(
        "accepted" as const,
        "prepared" as const,
        "live" as const,
        "reverted" as const,
        "cancelled" as const,
      ),
      host: fc.constantFrom(...hosts),
    }),
    fc.record({
      says: fc.constantFrom("failed" as const, "refused" as const),
      host: fc.constantFrom(...hosts),
    }),
    fc.constant({ says: "time" as const }),
  );

test("whatever happens in whatever order, no host goes after the failures are past the limit, and batches keep their order", () => {
  const said = fc.record({
    hosts: fc.integer({ min: 1, max: 6 }),
    canary: fc.integer({ min: 0, max: 2 }),
    batches: fc.integer({ min: 1, max: 3 }),
    maxFailures: fc.integer({ min: 0, max: 2 }),
    onFailure: fc.constantFrom("stop" as const, "rollback" as const),
  });
  const run = said.chain((each) =>
    fc.tuple(
      fc.constant(each),
      fc.array(anEvent(Array.from({ length: each.hosts }, (_, at) => named(`web${at + 1}`))), {
        maxLength: 60,
      }),
    ),
  );
  fc.assert(
    fc.property(run, ([each, events]) => {
      let state = aRollout(each);
      let now = 0;
      for (const event of events) {
        const before = state;
        now += 100;
        state = advance(before, event, now, patience);
        const went = Object.keys(state.hosts).filter(
          (host) =>
            state.hosts[named(host)]?.state === "deploying" &&
            before.hosts[named(host)]?.state !== "deploying",
        );
        const bad = Object.values(state.hosts).filter((host) =>
          ["failed", "refused", "away"].includes(host.state),
        ).length;
        expect(went.length === 0 || bad <= each.maxFailures).toBe(true);
        expect(state.batches[state.batch] ?? []).toEqual(expect.arrayContaining(went));
        expect(schema.parse(JSON.parse(JSON.stringify(state)))).toEqual(state);
      }
    }),
  );
});
