import { expect, test } from "vitest";
import { linesFor, rollOf } from "../../../daemons/ledger/roll.ts";
import { parseData } from "../../../lib/messages/envelope.ts";
import { hostName } from "../../../lib/schema/names.ts";

const self = { daemon: "ledger", host: hostName.parse("hub") };
const beat = (who: string, state = "ready") => {
  const [daemon, host] = who.split("@");
  return parseData("daemon.alive", { daemon, host, state, version: "1", at: "2026-11-21T10:00:00Z" });
};
const namesOf = (all: readonly { daemon: string; host: string }[]) =>
  all.map(({ daemon, host }) => `${daemon}@${host}`).toSorted();

/** A roll that hears everybody who is named, second by second. */
function aRoll(before: Parameters<typeof rollOf>[0] = []) {
  const roll = rollOf(before, { patience: 60_000, self });
  let now = 1_000_000;
  roll.listenFrom(now);
  return {
    roll,
    pass: (seconds: number, ...heard: string[]) => {
      for (let each = 0; each < seconds; each += 5) {
        now += 5_000;
        for (const who of heard) roll.heard(beat(who), now);
      }
    },
    hear: (who: string, state?: string) => roll.heard(beat(who, state), now),
    judge: () => {
      const { silent, back } = roll.judge(now);
      return { silent: namesOf(silent), back: namesOf(back) };
    },
    reconnect: () => roll.listenFrom(now),
  };
}

test("who is not heard for longer than it may be is told of once, and once when it is back", () => {
  const { pass, judge } = aRoll();
  pass(60, "ledger@hub", "agent@web1", "agent@web2");
  expect(judge()).toEqual({ silent: [], back: [] });
  pass(60, "ledger@hub", "agent@web1");
  expect(judge()).toEqual({ silent: [], back: [] });
  pass(5, "ledger@hub", "agent@web1");
  expect(judge()).toEqual({ silent: ["agent@web2"], back: [] });
  pass(600, "ledger@hub", "agent@web1");
  expect(judge()).toEqual({ silent: [], back: [] });
  pass(5, "ledger@hub", "agent@web1", "agent@web2");
  expect(judge()).toEqual({ silent: [], back: ["agent@web2"] });
  expect(judge()).toEqual({ silent: [], back: [] });
});

test("who said that it stops is not silent", () => {
  const { pass, hear, judge } = aRoll();
  pass(10, "ledger@hub", "agent@web1");
  hear("agent@web1", "stopped");
  pass(600, "ledger@hub");
  expect(judge().silent).toEqual([]);
});

test("while the ledger does not hear itself, it is the broker that is away", () => {
  const { pass, judge, reconnect } = aRoll();
  pass(10, "ledger@hub", "agent@web1");
  pass(600);
  expect(judge().silent).toEqual([]);
  // The broker is back; the others have not had the time to say anything yet.
  reconnect();
  pass(10, "ledger@hub");
  expect(judge().silent).toEqual([]);
  pass(60, "ledger@hub");
  expect(judge().silent).toEqual(["agent@web1"]);
});

test("after a restart of the ledger, who was silent is not told of again, and others get their time", () => {
  const known = (who: string, silent: boolean) => {
    const { at: _at, ...each } = beat(who);
    return { ...each, seen: 1, silent };
  };
  const { pass, judge } = aRoll([known("agent@web1", true), known("agent@web2", false)]);
  pass(30, "ledger@hub");
  expect(judge().silent).toEqual([]);
  pass(60, "ledger@hub");
  expect(judge().silent).toEqual(["agent@web2"]);
  pass(5, "ledger@hub", "agent@web1");
  expect(judge().back).toEqual(["agent@web1"]);
});

test("what is worth writing down at once is a change; who was merely heard can wait", () => {
  const { roll, pass, hear } = aRoll();
  pass(5, "agent@web1");
  expect(namesOf(roll.news(false))).toEqual(["agent@web1"]);
  pass(5, "agent@web1");
  expect(roll.news(false)).toEqual([]);
  expect(namesOf(roll.news(true))).toEqual(["agent@web1"]);
  expect(roll.news(true)).toEqual([]);
  hear("agent@web1", "stopped");
  expect(namesOf(roll.news(false))).toEqual(["agent@web1"]);
});

test("a host all of whose daemons fell silent is one line; otherwise each daemon is", () => {
  const { roll, pass } = aRoll();
  pass(5, "agent@web1", "access@web1", "agent@web2", "access@web2");
  const all = roll.all();
  const gone = all.filter(({ host, daemon }) => host === "web1" || daemon === "access");
  expect(linesFor(gone, all, (who) => `${who} silent`)).toEqual([
    "web1 (agent, access) silent",
    "access on web2 silent",
  ]);
});

test("nobody fills its memory with names", () => {
  const { roll } = aRoll();
  for (let each = 0; each < 25_000; each += 1) roll.heard(beat(`d${each}@web1`), 1);
  expect(roll.all()).toHaveLength(20_000);
});
