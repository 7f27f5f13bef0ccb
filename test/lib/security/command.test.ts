import * as fc from "fast-check";
import { expect, test } from "vitest";
import {
  decodeCommand,
  digestOf,
  encodeCommand,
  followsFrom,
  newCommandId,
} from "../../../lib/security/command.ts";
import { aDeploy, anOrder, revisionOf } from "./builders.ts";

const read = (value: unknown) => decodeCommand(Buffer.from(JSON.stringify(value)));
const many = (count: number) => Array.from({ length: count }, (_, index) => `web${index}`);

test("a command is read as it was written, in ASCII, whatever people wrote", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme", maxLength: 60 }), (why) => {
      const bytes = encodeCommand({ ...aDeploy(), why });
      expect(bytes.toString("latin1")).toMatch(/^[\x20-\x7e]+$/);
      expect(decodeCommand(bytes)).toMatchObject({ why });
    }),
  );
});

test.each([
  ["an unknown key", { colour: "red" }],
  ["an unknown key below", { release: { ...aDeploy().release, tag: "v2" } }],
  ["an unknown kind", { kind: "destroy" }],
  ["another version", { v: 2 }],
  ["a name in the place of a revision", { release: { ...aDeploy().release, commit: "main" } }],
  ["a short revision", { release: { ...aDeploy().release, commit: "c".repeat(39) } }],
  ["a ref that means something to git", { release: { ...aDeploy().release, ref: "refs/heads/../x" } }],
  ["an app outside its folder", { app: "../shop" }],
  ["no host", { hosts: [], expect: {} }],
  ["a host twice", { hosts: ["web1", "web1"], expect: {} }],
  ["a host with a wildcard", { hosts: ["web*"], expect: {} }],
  ["too many hosts", { hosts: many(1_001), expect: {} }],
  ["an expectation of a host that is not named", { expect: { web9: null } }],
  ["a sequence number from the future", { seq: (aDeploy().exp + 1) * 1_000 }],
  ["a fraction of a second", { iat: 1.5 }],
  ["a time that no date can hold", { exp: 1e14 }],
  ["a text in the place of a number", { iat: "1795219200" }],
  ["an endless reason", { why: "x".repeat(501) }],
  ["a strategy that never ends a batch", { strategy: { ...aDeploy().strategy, batches: 0 } }],
])("%s is refused", (_what, change) => {
  expect(() => read({ ...aDeploy(), ...change })).toThrow(expect.objectContaining({ code: "E_PARSE" }));
});

test("a thousand hosts fit into one command", () => {
  const hosts = many(1_000);
  const expected = Object.fromEntries(hosts.map((host) => [host, revisionOf("a")]));
  expect(() => encodeCommand(aDeploy({ hosts, expect: {} }))).not.toThrow();
  expect(Object.keys(aDeploy({ hosts, expect: expected }).expect)).toHaveLength(1_000);
});

test("no reason that a hostile key gives reaches a terminal raw", () => {
  expect(() => read({ ...aDeploy(), "\u001b[2J": 1 })).toThrow(/^[\x20-\x7e]+$/);
});

test("what a host would refuse is not encoded", () => {
  const why = "half a character: \ud800";
  expect(() => encodeCommand({ ...aDeploy(), why })).toThrow(expect.objectContaining({ code: "E_PARSE" }));
});

test("new ids are command ids, and differ", () => {
  expect(new Set(Array.from({ length: 1_000 }, newCommandId)).size).toBe(1_000);
});

test("an order follows from the authorisation that it names, and from no other", () => {
  const deploy = aDeploy();
  const digest = digestOf(encodeCommand(deploy));
  const order = anOrder({ rollout: deploy.id, authorisation: digest });
  expect(followsFrom(order, deploy, digest)).toBe(true);
  for (const change of [
    { rollout: newCommandId() },
    { authorisation: "0".repeat(64) },
    { app: "blog" },
    { environment: "staging" },
    { host: "web3" },
  ])
    expect(followsFrom(anOrder({ ...order, ...change }), deploy, digest)).toBe(false);
});
