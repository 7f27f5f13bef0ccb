import { z } from "zod";
import { matches } from "../schema/filter.ts";
import type { AppName, EnvironmentName, ReleaseRef, SiteName } from "../schema/names.ts";
import type { AccessKind } from "./access-command.ts";
import { type CommandKind, purposes } from "./command.ts";

const GROUP = "group:";

const pattern = z.string().regex(/^[\x21-\x7e]{1,220}$/, {
  error: "must be a pattern without blanks, in which * stands for anything",
});
const patterns = z.array(pattern).min(1);
const isKind = (text: string): text is CommandKind => Object.hasOwn(purposes, text);
const kind = z.custom<CommandKind>((text) => typeof text === "string" && isKind(text), {
  error: `must be one of ${Object.keys(purposes).join(", ")}`,
});

/** What a kind of command is about: a rule must say of which of them it speaks. */
const aboutSites = (kind: CommandKind): kind is AccessKind => kind === "grant" || kind === "revoke";

const rule = z.strictObject({
  who: patterns.describe("Principals of allowed_signers, or `group:NAME`."),
  apps: patterns.default([]).describe("Which apps."),
  environments: patterns.default([]).describe("In which environments."),
  sites: patterns.default([]).describe("At which sites they may let somebody log in, for a time."),
  refs: z
    .array(pattern)
    .default([])
    .describe("Where a revision must be reachable from. None: nothing is deployed."),
  kinds: z.array(kind).min(1).describe("What they may do."),
  approvals: z.int().min(0).max(15).default(0).describe("How many others of `who` must have signed as well."),
});
type Rule = z.infer<typeof rule>;

const members = z.array(
  pattern.refine((text) => !text.startsWith(GROUP), { error: "must not be another group" }),
);

/** policy.yaml: who may do what to which app in which environment from which refs. What no rule allows is denied. */
export const policy = z
  .strictObject({
    groups: z.record(z.string(), members).default({}).describe("Principals under one name."),
    rules: z.array(rule).describe("Each allows something."),
  })
  .superRefine(({ groups, rules }, context) => {
    for (const [index, { who, kinds, ...about }] of rules.entries()) {
      const needed = kinds.flatMap((each) =>
        aboutSites(each) ? (["sites"] as const) : (["apps", "environments"] as const),
      );
      for (const key of new Set(needed)) {
        if (about[key].length > 0) continue;
        const message = `must be there, for the rule is about ${kinds.join(", ")}`;
        context.addIssue({ code: "custom", path: ["rules", index, key], message });
      }
      for (const [at, each] of who.entries()) {
        if (!each.startsWith(GROUP) || Object.hasOwn(groups, each.slice(GROUP.length))) continue;
        context.addIssue({
          code: "custom",
          path: ["rules", index, "who", at],
          message: `no such group: ${each}`,
        });
      }
    }
  });
export type Policy = z.infer<typeof policy>;

interface Asking {
  readonly principal: string;
  /** Who else signed to approve. */
  readonly approvals: readonly string[];
}

/** What somebody asks of a host, of an app. */
export interface Inquiry extends Asking {
  readonly app: AppName;
  readonly environment: EnvironmentName;
  readonly kind: CommandKind;
  /** The refs that contain the commit; nothing for a kind of command that names no commit. */
  readonly refs: readonly ReleaseRef[] | undefined;
}

/** What somebody asks of a host, about who may log in at a site. */
export interface SiteInquiry extends Asking {
  readonly site: SiteName;
  readonly kind: AccessKind;
}

/** Whether some rule of a policy allows what is asked. */
export const permits = (policy: Policy, inquiry: Inquiry | SiteInquiry): boolean =>
  approvalsLacking(policy, inquiry) === 0;

/** How many more people must approve; endless where no rule allows it at all. */
export function approvalsLacking(policy: Policy, inquiry: Inquiry | SiteInquiry): number {
  const { principal, approvals } = inquiry;
  const others = [...new Set(approvals)].filter((each) => each !== principal);
  const lacking = policy.rules
    .filter((rule) => covers(policy, rule, inquiry))
    .map((rule) => rule.approvals - others.filter((each) => includes(policy, rule, each)).length);
  return Math.max(0, Math.min(...lacking));
}

function covers(policy: Policy, rule: Rule, inquiry: Inquiry | SiteInquiry): boolean {
  return (
    includes(policy, rule, inquiry.principal) &&
    rule.kinds.includes(inquiry.kind) &&
    ("site" in inquiry ? fitsAny(rule.sites, inquiry.site) : coversApp(rule, inquiry))
  );
}

function coversApp(rule: Rule, { app, environment, refs }: Inquiry): boolean {
  return (
    fitsAny(rule.apps, app) &&
    fitsAny(rule.environments, environment) &&
    (refs === undefined || refs.some((ref) => fitsAny(rule.refs, ref)))
  );
}

function includes({ groups }: Policy, { who }: Rule, principal: string): boolean {
  return who.some((each) =>
    each.startsWith(GROUP)
      ? fitsAny(groups[each.slice(GROUP.length)] ?? [], principal)
      : matches(each, principal),
  );
}

const fitsAny = (patterns: readonly string[], text: string): boolean =>
  patterns.some((each) => matches(each, text));
