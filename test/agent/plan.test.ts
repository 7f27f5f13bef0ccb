import fc from "fast-check";
import { expect, test } from "vitest";
import { deployFlow, prepareFlow, rollbackFlow } from "../../agent/flow.ts";
import { type Facts, planBack, planDeploy, planGo, planPrepare, targetOf } from "../../agent/plan.ts";
import { dispensable, freeName, type KnownRelease, knownReleases } from "../../agent/releases.ts";
import type { Request } from "../../agent/request.ts";
import type { Step } from "../../agent/step.ts";
import { app } from "../../lib/config/apps.ts";
import type { LiveRelease } from "../../lib/messages/catalogue/deploys.ts";
import { commandId, refName, releaseName, revision } from "../../lib/schema/names.ts";
import { revisionOf } from "../../lib/security/release.ts";
import { aDeploy, NOON } from "../lib/security/builders.ts";

const REF = refName.parse("refs/heads/main");
const rev = fc.integer({ min: 0, max: 9 }).map((digit) => revision.parse(String(digit).repeat(40)));
const time = fc.integer({ min: 0, max: 1_000_000 }).map((at) => new Date(NOON.getTime() - at * 1_000));

const release: fc.Arbitrary<KnownRelease> = fc
  .tuple(rev, time, fc.boolean(), fc.option(time, { nil: undefined }), fc.boolean())
  .map(([id, at, failed, lastLive, complete]) => ({
    name: freeName(at, id, []),
    failed,
    ...(complete && { revision: id }),
    ...(lastLive && { lastLive: lastLive.toISOString() }),
  }));

const facts: fc.Arbitrary<Facts> = fc
  .uniqueArray(release, { selector: ({ name }) => name, maxLength: 12 })
  .chain((releases) =>
    fc.shuffledSubarray(releases.filter((each) => each.revision !== undefined)).map((live) => ({
      releases,
      now: NOON,
      lives: live.map((each): LiveRelease => ({
        release: each.name,
        revision: each.revision ?? revision.parse("0".repeat(40)),
        ref: REF,
        since: NOON.toISOString(),
        by: "alice",
        rollout: commandId.parse("0".repeat(16)),
      })),
    })),
  );

const request = fc
  .record({ id: rev, kind: fc.constantFrom("deploy", "rollback"), force: fc.boolean() })
  .map(({ id, kind, force }): Request => ({
    command: aDeploy({ kind, force, release: { type: "git", commit: id, ref: REF } }),
    by: "alice",
    digest: "d",
  }));

const shop = fc
  .record({ keep: fc.integer({ min: 1, max: 6 }), check: fc.boolean() })
  .map(({ keep, check }) =>
    app.parse({ repository: "shop", root: "/srv/shop", keep, ...(check && { check: { url: "http://x/" } }) }),
  );

const property = (holds: (...given: [ReturnType<typeof app.parse>, Request, Facts]) => void) =>
  fc.assert(fc.property(shop, request, facts, holds), { numRuns: 500 });

const those = <Kind extends Step["do"]>(steps: readonly Step[], kind: Kind) =>
  steps.filter((step): step is Extract<Step, { readonly do: Kind }> => step.do === kind);

const wantedBy = ({ command }: Request) => revisionOf(command.release);

test("the steps of a plan stand in the order of the flow", () => {
  property((shop, request, facts) => {
    const flow: readonly string[] = [...prepareFlow, ...deployFlow];
    const places: number[] = [];
    for (const { phase } of planDeploy(shop, request, facts))
      places.push(flow.indexOf(phase, places.at(-1) ?? 0));
    expect(places).not.toContain(-1);
  });
});

test("preparing never touches what is live, and never removes what is or was", () => {
  property((shop, request, facts) => {
    const steps = planPrepare(shop, request, facts);
    const removed = those(steps, "prune").flatMap(({ releases }) => releases);
    const untouched = ["publish", "declare", "script", "link-shared"];
    expect(steps.filter((step) => untouched.includes(step.do))).toEqual([]);
    expect(facts.lives.filter(({ release }) => removed.includes(release))).toEqual([]);
  });
});

test("nothing is removed that is live after a deploy, or that it, or a rollback, could go back to", () => {
  property((shop, request, facts) => {
    const { release } = targetOf(shop, request, facts);
    const steps = planGo(shop, request, facts, release);
    const after = those(steps, "declare").flatMap(({ lives }) => lives);
    const kept = new Set([release, facts.lives[0]?.release, after[1]?.release]);
    const removed = those(steps, "prune").flatMap(({ releases }) => releases);
    expect(removed.filter((each) => kept.has(each))).toEqual([]);
  });
});

test("what is published is what is declared, and it is what was asked for", () => {
  property((shop, request, facts) => {
    const { release } = targetOf(shop, request, facts);
    const steps = planGo(shop, request, facts, release);
    const revision = wantedBy(request);
    expect(those(steps, "publish").filter((step) => step.release !== release)).toEqual([]);
    const wrong = those(steps, "declare").filter(
      ({ lives: [live, ...former] }) =>
        live?.release !== release || live.revision !== revision || former.length > shop.keep,
    );
    expect(wrong).toEqual([]);
  });
});

test("a deploy of what is live is no step at all, unless it is forced", () => {
  property((shop, request, facts) => {
    const isLive = facts.lives[0]?.revision === wantedBy(request);
    expect(planDeploy(shop, request, facts).length === 0).toBe(isLive && request.command.force !== true);
  });
});

test("a release that failed, or is not complete, is never taken again", () => {
  property((shop, request, facts) => {
    const { release, state } = targetOf(shop, request, facts);
    const known = facts.releases.find(({ name }) => name === release);
    const usable = known?.failed === false && known.revision === wantedBy(request);
    const wanted = { new: known === undefined, built: usable, live: release === facts.lives[0]?.release };
    expect(wanted[state]).toBe(true);
  });
});

test("the way back publishes and declares what was live before, and nothing where nothing was", () => {
  property((shop, request, { lives }) => {
    const failed = {
      release: releaseName.parse("20261121T101502-9fceb02"),
      revision: wantedBy(request),
    };
    const steps = planBack(shop, lives, failed);
    const flow: readonly string[] = rollbackFlow;
    expect(steps.filter(({ phase }) => !flow.includes(phase))).toEqual([]);
    expect(those(steps, "publish").map(({ release }) => release)).toEqual([lives[0]?.release ?? null]);
    expect(those(steps, "declare").map((step) => step.lives)).toEqual([lives]);
    expect(those(steps, "script").map(({ release }) => release)).toEqual(
      lives.slice(0, 1).map(({ release }) => release),
    );
  });
});

test("as many former releases stay as are wanted, those that were live last", () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(release, { selector: ({ name }) => name }),
      fc.integer({ min: 1, max: 6 }),
      (all, keep) => {
        const gone = new Set(dispensable(all, new Set(), keep));
        const good = all.filter(({ failed, lastLive }) => !failed && lastLive !== undefined);
        const stay = all.filter(({ name }) => !gone.has(name));
        expect(stay).toHaveLength(Math.min(good.length, keep + 1));
        const lastOf = ({ lastLive = "" }: KnownRelease) => lastLive;
        const newestGone =
          good
            .filter(({ name }) => gone.has(name))
            .map(lastOf)
            .sort()
            .at(-1) ?? "";
        expect(stay.filter((each) => lastOf(each) < newestGone)).toEqual([]);
      },
    ),
  );
});

test("a name is free, whatever releases there are", () => {
  const at = new Date("2026-11-21T10:15:02.345Z");
  const id = revision.parse("9fceb02".padEnd(40, "0"));
  expect(freeName(at, id, [])).toBe("20261121T101502-9fceb02");
  const taken: KnownRelease[] = [];
  for (let time = 0; time < 40; time += 1) {
    const name = freeName(at, id, taken);
    expect(taken.map((each) => each.name)).not.toContain(name);
    taken.push({ name, failed: false });
  }
});

test("what the history says of a folder that is gone does not count for the next of its name", () => {
  const name = releaseName.parse("20261121T101502-9fceb02");
  const line = {
    release: name,
    revision: revision.parse("a".repeat(40)),
    at: NOON.toISOString(),
    rollout: commandId.parse("0".repeat(16)),
  };
  const history = (["built", "live", "failed", "built"] as const).map((event) => ({ ...line, event }));
  expect(knownReleases([name, "by-hand", ".tmp-x"], history)).toEqual([
    { name, failed: false, revision: line.revision },
  ]);
});
