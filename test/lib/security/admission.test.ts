import { expect, test } from "vitest";
import type { Code } from "../../../lib/codes.ts";
import { admit, type HostFacts } from "../../../lib/security/admission.ts";
import { type Command, newCommandId } from "../../../lib/security/command.ts";
import { releaseRef } from "../../../lib/schema/names.ts";
import { policy } from "../../../lib/security/policy.ts";
import type { Accepted } from "../../../lib/security/verify.ts";
import { aDeploy, anOrder, ANYTHING, host, revisionOf } from "./builders.ts";

const accepted = (command: Command, given: Partial<Accepted> = {}): Accepted => ({
  verdict: "accepted",
  command,
  principal: "alice@x",
  fingerprint: "SHA256:x",
  approvals: [],
  digest: "",
  ...given,
});

/** A host where everything is as a deploy expects it, which notes what it was asked. */
function aHost(given: Partial<HostFacts> = {}) {
  const asked: string[] = [];
  const noting =
    <Arguments extends unknown[], T>(what: string, answer: (...args: Arguments) => T) =>
    (...args: Arguments): T => {
      asked.push(what);
      return answer(...args);
    };
  const facts: HostFacts = {
    host: host("web1"),
    policy: given.policy ?? ANYTHING,
    lockHolder: noting("lock", given.lockHolder ?? (async () => undefined)),
    live: noting("live", given.live ?? (async () => revisionOf("b"))),
    sources: noting("refs", given.sources ?? (async () => [aSource(aDeploy().release.ref)])),
  };
  return { facts, asked };
}

const aSource = (...refs: string[]) => ({
  revision: revisionOf("c"),
  refs: refs.map((ref) => releaseRef.parse(ref)),
});

const onlyTags = policy.parse({
  rules: [{ ...ANYTHING.rules[0], refs: ["refs/tags/*"], approvals: 1 }],
});

test("a deploy that finds all as it expects is admitted, after every question", async () => {
  const { facts, asked } = aHost();
  await admit(accepted(aDeploy()), facts);
  expect(asked).toEqual(["lock", "live", "refs"]);
});

test.each<[Code, string, Partial<HostFacts>, string[]]>([
  ["E_POLICY", "no rule allows it", { policy: policy.parse({ rules: [] }) }, []],
  ["E_POLICY", "an approval is lacking", { policy: onlyTags }, []],
  ["E_LOCKED", "somebody else holds the lock", { lockHolder: async () => "another deploy" }, ["lock"]],
  ["E_PRECONDITION", "something else is live", { live: async () => revisionOf("d") }, ["lock", "live"]],
  ["E_PRECONDITION", "nothing is live", { live: async () => null }, ["lock", "live"]],
  ["E_REF", "the commit is on no ref", { sources: async () => [aSource()] }, ["lock", "live", "refs"]],
])("%s when %s; nothing further is asked", async (code, _what, given, questions) => {
  const { facts, asked } = aHost(given);
  await expect(admit(accepted(aDeploy()), facts)).rejects.toMatchObject({ code });
  expect(asked).toEqual(questions);
});

test("a commit that is on refs of others alone is refused", async () => {
  const { facts } = aHost({
    policy: onlyTags,
    sources: async () => [aSource("refs/heads/x")],
  });
  const approved = accepted(aDeploy(), { approvals: ["bob@x"] });
  await expect(admit(approved, facts)).rejects.toMatchObject({ code: "E_REF" });
});

test("a host of which nothing is known expects nothing", async () => {
  const { facts, asked } = aHost({ live: async () => revisionOf("d") });
  await admit(accepted(aDeploy({ expect: {} })), facts);
  expect(asked).toEqual(["lock", "refs"]);
});

test("an order names no commit, so that it needs only the policy and the lock", async () => {
  const { facts, asked } = aHost();
  await admit(accepted(anOrder({ rollout: newCommandId() })), facts);
  expect(asked).toEqual(["lock"]);
});

test("of a site every part must be on a ref that the policy allows", async () => {
  const part = (name: string, ref: string) => ({ part: name, commit: revisionOf("c"), ref });
  const site = (...refs: string[]) =>
    accepted(
      aDeploy({
        expect: {},
        release: { type: "site", ref: refs[0], parts: refs.map((ref, at) => part(`part${at}`, ref)) },
      }),
      { approvals: ["bob@x"] },
    );
  const { facts } = aHost({
    policy: onlyTags,
    sources: async () => [aSource("refs/tags/v1"), aSource("refs/heads/x")],
  });
  await expect(admit(site("refs/tags/v1", "refs/heads/x"), facts)).rejects.toMatchObject({
    code: "E_POLICY",
  });
  await expect(admit(site("refs/tags/v1", "refs/tags/v2"), facts)).rejects.toMatchObject({ code: "E_REF" });
});
