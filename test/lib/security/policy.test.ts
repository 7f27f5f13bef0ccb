import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { appName, environmentName, refName, siteName } from "../../../lib/schema/names.ts";
import type { CommandKind } from "../../../lib/security/command.ts";
import { approvalsLacking, type Inquiry, permits, policy } from "../../../lib/security/policy.ts";

const rules = {
  groups: { ops: ["alice@x", "bob@x"] },
  rules: [
    {
      who: ["group:ops"],
      apps: ["shop"],
      environments: ["production"],
      refs: ["refs/tags/v*"],
      kinds: ["deploy"],
      approvals: 1,
    },
    {
      who: ["ci@x"],
      apps: ["*"],
      environments: ["staging"],
      refs: ["refs/heads/main"],
      kinds: ["deploy", "rollback"],
    },
    { who: ["orchestrator@x"], apps: ["*"], environments: ["*"], kinds: ["go", "revert", "abort"] },
  ],
};
const POLICY = policy.parse(rules);

const anInquiry = (given: Partial<Inquiry> = {}): Inquiry => ({
  principal: "ci@x",
  app: appName.parse("shop"),
  environment: environmentName.parse("staging"),
  kind: "deploy",
  refs: [refName.parse("refs/heads/main")],
  approvals: [],
  ...given,
});
const inProduction = (approvals: readonly string[], ref = "refs/tags/v2") =>
  anInquiry({
    principal: "alice@x",
    environment: environmentName.parse("production"),
    refs: [refName.parse("refs/heads/main"), refName.parse(ref)],
    approvals,
  });

describe("a rule allows what it names, and nothing else", () => {
  test.each<[string, boolean, Inquiry]>([
    ["a rule's own key", true, anInquiry()],
    ["another person", false, anInquiry({ principal: "eve@x" })],
    ["somebody whose name begins alike", false, anInquiry({ principal: "ci@x.example.com" })],
    ["another environment", false, anInquiry({ environment: environmentName.parse("production") })],
    ["another kind", false, anInquiry({ kind: "cancel" })],
    ["another ref", false, anInquiry({ refs: [refName.parse("refs/heads/mainline")] })],
    ["a commit on no ref", false, anInquiry({ refs: [] })],
    [
      "an order, which names no commit",
      true,
      anInquiry({ principal: "orchestrator@x", kind: "go", refs: undefined }),
    ],
    ["a deploy by who only gives orders", false, anInquiry({ principal: "orchestrator@x" })],
    ["an approval by another of the group", true, inProduction(["bob@x"])],
    ["no approval", false, inProduction([])],
    ["an approval by oneself", false, inProduction(["alice@x"])],
    ["an approval by somebody else", false, inProduction(["ci@x"])],
    ["an approved commit from elsewhere", false, inProduction(["bob@x"], "refs/tags/w2")],
  ])("%s: %s", (_what, allowed, inquiry) => {
    expect(permits(POLICY, inquiry)).toBe(allowed);
  });
});

test("it is told how many approvals are lacking, or that no rule fits", () => {
  expect(approvalsLacking(POLICY, inProduction([]))).toBe(1);
  expect(approvalsLacking(POLICY, anInquiry({ principal: "eve@x" }))).toBe(Infinity);
});

test("without rules, nothing is allowed", () => {
  expect(permits(policy.parse({ rules: [] }), anInquiry())).toBe(false);
});

test.each([
  ["an unknown key", { ...rules, admins: ["eve@x"] }],
  ["an unknown key in a rule", { rules: [{ ...rules.rules[1], unless: [] }] }],
  ["an unknown kind", { rules: [{ ...rules.rules[1], kinds: ["*"] }] }],
  ["a kind that every object has", { rules: [{ ...rules.rules[1], kinds: ["toString"] }] }],
  ["a rule for nobody", { rules: [{ ...rules.rules[1], who: [] }] }],
  ["an unknown group", { rules: [{ ...rules.rules[1], who: ["group:toString"] }] }],
  ["a group of groups", { groups: { ops: ["group:ops"] }, rules: [] }],
  ["fewer than no approvals", { rules: [{ ...rules.rules[1], approvals: -1 }] }],
  ["no rules", {}],
])("a policy with %s is refused", (_what, value) => {
  expect(policy.safeParse(value).success).toBe(false);
});

describe("agreement with an independent reading of the rules", () => {
  const PEOPLE = ["alice@x", "bob@x", "ci@x", "eve@y"];
  const APPS = ["shop", "blog", "s"];
  const ENVIRONMENTS = ["production", "staging"];
  const REFS = ["refs/heads/main", "refs/tags/v2", "refs/heads/v"];
  const KINDS: CommandKind[] = ["deploy", "rollback", "cancel", "go"];
  const some = (...texts: string[]) =>
    fc.uniqueArray(fc.constantFrom(...texts), { minLength: 1, maxLength: 3 });
  const aRule = fc.record({
    who: some(...PEOPLE, "*", "*@x", "?i@x", "group:ops", "group:none"),
    apps: some(...APPS, "*", "s*", "*o?"),
    environments: some(...ENVIRONMENTS, "*", "?????????n"),
    refs: fc.uniqueArray(fc.constantFrom(...REFS, "*", "refs/tags/*", "refs/heads/?"), { maxLength: 2 }),
    kinds: some(...KINDS),
    approvals: fc.nat(2),
  });
  const aPolicy = fc.record({
    groups: fc.record({ ops: some("alice@x", "b*", "*@y"), none: fc.constant<string[]>([]) }),
    rules: fc.array(aRule, { maxLength: 4 }),
  });
  const asked = fc.record({
    principal: fc.constantFrom(...PEOPLE),
    app: fc.constantFrom(...APPS).map((each) => appName.parse(each)),
    environment: fc.constantFrom(...ENVIRONMENTS).map((each) => environmentName.parse(each)),
    kind: fc.constantFrom(...KINDS),
    refs: fc.option(fc.subarray(REFS.map((each) => refName.parse(each))), { nil: undefined }),
    approvals: fc.subarray(PEOPLE),
  });

  test("over policies and inquiries at random", () => {
    let allowed = 0;
    fc.assert(
      fc.property(aPolicy, fc.array(asked, { minLength: 10, maxLength: 10 }), (written, inquiries) => {
        const read = policy.parse(written);
        for (const inquiry of inquiries) {
          const expected = oracle(written, inquiry);
          expect(permits(read, inquiry)).toBe(expected);
          if (expected) allowed += 1;
        }
      }),
      { numRuns: 1_000 },
    );
    expect(allowed).toBeGreaterThan(100);
  });

  type Written = typeof aPolicy extends fc.Arbitrary<infer Value> ? Value : never;

  /** Reads a rule by hand, character by character, without regular expressions. */
  function oracle(
    { groups, rules }: Written,
    { principal, app, environment, kind, refs, approvals }: Inquiry,
  ): boolean {
    const members = (who: readonly string[]) =>
      who.flatMap((each) =>
        each === "group:ops" ? groups.ops : each === "group:none" ? groups.none : [each],
      );
    for (const rule of rules) {
      const named = (person: string) => members(rule.who).some((each) => like(each, person));
      if (!named(principal)) continue;
      if (!rule.apps.some((each) => like(each, app))) continue;
      if (!rule.environments.some((each) => like(each, environment))) continue;
      if (!rule.kinds.some((each) => each === kind)) continue;
      if (refs !== undefined && !refs.some((ref) => rule.refs.some((each) => like(each, ref)))) continue;
      let count = 0;
      for (const person of PEOPLE)
        if (person !== principal && approvals.includes(person) && named(person)) count += 1;
      if (count >= rule.approvals) return true;
    }
    return false;
  }

  function like(pattern: string, text: string): boolean {
    if (pattern === "") return text === "";
    if (pattern.startsWith("*"))
      return like(pattern.slice(1), text) || (text !== "" && like(pattern, text.slice(1)));
    return text !== "" && ["?", text[0]].includes(pattern[0]) && like(pattern.slice(1), text.slice(1));
  }
});

describe("who may let people in at a site", () => {
  const read = policy.parse({
    rules: [
      { who: ["dana@x"], sites: ["shop-*"], kinds: ["grant", "revoke"] },
      { who: ["ci@x"], apps: ["*"], environments: ["*"], refs: ["*"], kinds: ["deploy"] },
      { who: ["eve@x"], sites: ["*"], apps: ["blog"], environments: ["*"], kinds: ["revoke", "cancel"] },
    ],
  });
  test.each([
    ["dana@x", "grant", "shop-preview", true],
    ["dana@x", "revoke", "shop-preview", true],
    ["dana@x", "grant", "blog", false],
    ["ci@x", "grant", "shop-preview", false],
    ["eve@x", "grant", "shop-preview", false],
    ["eve@x", "revoke", "shop-preview", true],
  ] as const)("%s, %s at %s: %s", (principal, kind, site, allowed) => {
    expect(permits(read, { principal, kind, site: siteName.parse(site), approvals: [] })).toBe(allowed);
  });

  test("a rule for sites says nothing of apps", () => {
    expect(permits(read, anInquiry({ principal: "eve@x", kind: "cancel", refs: undefined }))).toBe(false);
    expect(permits(read, anInquiry({ principal: "dana@x" }))).toBe(false);
  });
});
