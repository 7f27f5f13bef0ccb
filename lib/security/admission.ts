import type { Code } from "../codes.ts";
import { Failure } from "../failure.ts";
import type { HostName, ReleaseRef, Revision } from "../schema/names.ts";
import { isAuthorisation } from "./command.ts";
import { approvalsLacking, permits, type Policy } from "./policy.ts";
import { refsOf, type Release } from "./release.ts";
import type { Accepted } from "./verify.ts";

/** What only the host knows; asked for when it is needed, and not before. */
export interface HostFacts {
  readonly host: HostName;
  readonly policy: Policy;
  /** Who holds the lock of the app, if it is somebody else. */
  readonly lockHolder: () => Promise<string | undefined>;
  /** What is live of the app. */
  readonly live: () => Promise<Revision | null>;
  /** Each thing that a release is made of, and the refs that it is reachable from, by their names where it comes from. */
  readonly sources: (release: Release) => Promise<readonly Source[]>;
}

/** One thing that a release is made of. */
export interface Source {
  readonly revision: Revision;
  readonly refs: readonly ReleaseRef[];
}

interface AdmissionCheck {
  readonly name: string;
  readonly code: Code;
  readonly objection: (accepted: Accepted, facts: HostFacts) => Promise<string | undefined>;
}

/** The last questions, in their order. After them: `ReplayJournal.begin`, and only then the deed. */
export const admissionChecks: readonly AdmissionCheck[] = [
  {
    name: "policy",
    code: "E_POLICY",
    objection: async ({ command, ...by }, { policy }) => {
      const refs = isAuthorisation(command) ? refsOf(command.release) : [undefined];
      const lackingFor = (ref: ReleaseRef | undefined) =>
        approvalsLacking(policy, { ...command, ...by, refs: ref && [ref] });
      const lacking = Math.max(...refs.map(lackingFor));
      const worst = refs.find((ref) => lackingFor(ref) === lacking);
      const what = `${by.principal}, for ${command.kind} of ${command.app} in ${command.environment}`;
      if (lacking === 0) return undefined;
      return Number.isFinite(lacking)
        ? `${what}, lacks ${lacking} approvals`
        : `no rule of the policy allows ${what}${worst ? ` from ${worst}` : ""}`;
    },
  },
  {
    name: "lock",
    code: "E_LOCKED",
    objection: async (_accepted, { lockHolder }) => {
      const holder = await lockHolder();
      return holder === undefined ? undefined : `the lock is held by ${holder}`;
    },
  },
  {
    name: "expectation",
    code: "E_PRECONDITION",
    objection: async ({ command }, { host, live }) => {
      if (!isAuthorisation(command) || !Object.hasOwn(command.expect, host)) return undefined;
      const [expected, found] = [command.expect[host] ?? null, await live()];
      return found === expected
        ? undefined
        : `it expects ${expected ?? "nothing"} to be live, but ${found ?? "nothing"} is`;
    },
  },
  {
    name: "reachability",
    code: "E_REF",
    objection: async ({ command, ...by }, { policy, sources }) => {
      if (!isAuthorisation(command)) return undefined;
      const found = await sources(command.release);
      const out = found.find(({ refs }) => !permits(policy, { ...command, ...by, refs }));
      return out && `${out.revision} is on no ref that the policy allows`;
    },
  },
];

/**
 * Puts the last questions to a command, one after the other.
 * @throws {Failure} E_POLICY, E_LOCKED, E_PRECONDITION or E_REF
 */
export async function admit(accepted: Accepted, facts: HostFacts): Promise<void> {
  for (const { code, objection } of admissionChecks) {
    const why = await objection(accepted, facts);
    if (why !== undefined) throw new Failure(code, `Cannot accept the command: ${why}`);
  }
}
