import { expect, test } from "vitest";
import { parsePolicy } from "../../../lib/security/policy-file.ts";

const parse = (text: string) => parsePolicy(text, "policy.yaml");
const RULE = "{who: [alice@x], apps: ['*'], environments: ['*'], refs: ['*'], kinds: [deploy]}";

test("a policy is read, with what is left out as little as can be", () => {
  expect(parse(`# who may do what\nrules:\n  - ${RULE}\n`)).toEqual({
    groups: {},
    rules: [
      {
        who: ["alice@x"],
        apps: ["*"],
        environments: ["*"],
        sites: [],
        refs: ["*"],
        kinds: ["deploy"],
        approvals: 0,
      },
    ],
  });
});

test.each([
  ["an unknown key", `rules: []\nadmins: [eve]\n`, "policy.yaml:2:1 admins is not a known key"],
  ["an unknown key in a rule", `rules:\n  - {unless: x, ${RULE.slice(1)}\n`, "policy.yaml:2:"],
  [
    "a wrong value",
    `rules:\n  - ${RULE.replace("deploy", "destroy")}\n`,
    "policy.yaml:2:77 rules[0].kinds[0] must be one of",
  ],
  ["a missing key", `rules:\n  - {who: [alice@x]}\n`, "policy.yaml:2:5 rules[0].kinds is missing"],
  [
    "a rule for deploys that names no app",
    `rules:\n  - {who: [a@x], environments: ['*'], kinds: [deploy]}\n`,
    "policy.yaml:2:5 rules[0].apps is missing: it must be there, for the rule is about deploy",
  ],
  [
    "a rule for grants that names no site",
    `rules:\n  - ${RULE.replace("[deploy]", "[deploy, grant]")}\n`,
    "policy.yaml:2:5 rules[0].sites is missing: it must be there, for the rule is about deploy, grant",
  ],
  [
    "a rule of sites that are none",
    `rules:\n  - {who: [a@x], sites: [], kinds: [grant]}\n`,
    "policy.yaml:2:25 rules[0].sites must have >=1 items",
  ],
  [
    "an unknown group",
    `rules:\n  - ${RULE.replace("alice@x", "group:ops")}\n`,
    "policy.yaml:2:12 rules[0].who[0] no such group: group:ops",
  ],
  ["a key twice", `rules: []\nrules: []\n`, "policy.yaml:2:1 Map keys must be unique"],
  ["two documents", `rules: []\n---\nrules: []\n`, "policy.yaml:2:1 Source contains multiple documents"],
  ["an alias", `groups: {a: &x [b@x]}\nrules: [{who: *x}]\n`, "policy.yaml:2:15 an alias"],
  ["a bomb of aliases", bomb(), "policy.yaml:2:10 an alias"],
  ["a tag", `rules: !!js/function 'x'\n`, "policy.yaml:1:8 Unresolved tag"],
  ["a tab", `rules:\n\t- x\n`, "policy.yaml:2:1 "],
  ["an end too early", `rules: [\n`, "policy.yaml:2:1 "],
  [
    "the prototype for a key",
    `__proto__: {rules: []}\nrules: []\n`,
    "policy.yaml:1:1 __proto__ is not a known key",
  ],
  ["brackets without end", "[".repeat(20_000), "is nested more than 64 deep"],
  ["maps without end", deep(), "is nested more than 64 deep"],
  ["dashes without end", `${"- ".repeat(3_000)}x`, "is nested more than 64 deep"],
  ["too much text", "#".repeat(256 * 1024 + 1), "policy.yaml:1:1 is larger than"],
  ["nothing", "", "policy.yaml:1:1 rules is missing"],
])("a policy with %s is refused, with its place", (_what, text, reason) => {
  expect(() => parse(text)).toThrow(expect.objectContaining({ code: "TRUST_FILE" }));
  expect(() => parse(text)).toThrow(reason);
});

test("all that is wrong is told at once", () => {
  expect(() => parse(`rules: [{who: []}]\nmore: 1\n`)).toThrow(
    /1:9 rules\[0\]\.kinds[^]*1:15 rules\[0\]\.who[^]*2:1 more/,
  );
});

test("a text that says no is a text", () => {
  expect(parse(`rules: [${RULE.replace("alice@x", "NO")}]`).rules[0]?.who).toEqual(["NO"]);
});

function bomb(): string {
  const lines = Array.from(
    { length: 9 },
    (_, level) => `b${level + 1}: &b${level + 1} [${`*b${level},`.repeat(9)}]`,
  );
  return ["b0: &b0 [x]", ...lines, "rules: *b9", ""].join("\n");
}

function deep(): string {
  return Array.from({ length: 3_000 }, (_, level) => `${" ".repeat(level)}a:`)
    .join("\n")
    .slice(0, 200_000);
}
