import { Failure, reasonOf } from "../lib/failure.ts";
import { type Data, message } from "../lib/messages/catalogue.ts";
import type { ReleaseName } from "../lib/schema/names.ts";
import { revisionOf } from "../lib/security/release.ts";
import type { Book } from "./book.ts";
import { type Outcome, perform } from "./perform.ts";
import { type Facts, planAbort, planBack, planGo, planPrepare, planRevert, targetOf } from "./plan.ts";
import type { Deploy, Problem } from "./record.ts";
import { addToHistory } from "./history.ts";
import { factsOf, livesOf } from "./state.ts";
import type { Step } from "./step.ts";
import type { Part, Work } from "./work.ts";

type Finished = Data<"deploy.finished">;

/** Steps that run programs of the app. */
const ONCE: ReadonlySet<Step["do"] | undefined> = new Set(["script", "run"]);

/** Takes a deploy through a part, and through what follows from how that comes out. */
export async function run(book: Book, first: Part, workOn: (part: Part) => Work): Promise<void> {
  for (let part: Part | undefined = first; part !== undefined;) {
    const work = workOn(part);
    const { inHand, problem } = await planned(book, part, work);
    // Done twice, a step comes to the same: but a program that has ended should not run again after a power cut.
    const note = (step: number) =>
      book.note(
        { line: "done", rollout: rolloutOf(work), step },
        ONCE.has(inHand.steps[step]?.do) ? "now" : "later",
      );
    // A part that failed, and was interrupted before anything came of it, is not tried again.
    const failedBefore = part === "prepare" || part === "go" ? problem : undefined;
    const outcome: Outcome = failedBefore ?? (await perform(inHand.steps, inHand.done, work, note));
    if (outcome === "left") return;
    part = await settle(book, work, outcome === "done" ? undefined : outcome);
  }
}

const rolloutOf = ({ request }: Work) => request.command.id;

/** The deploy with this part in hand: as it was left, or planned just now. */
async function planned(
  book: Book,
  part: Part,
  work: Work,
): Promise<Deploy & Required<Pick<Deploy, "inHand">>> {
  const rollout = rolloutOf(work);
  const deploy = book.find(rollout);
  if (deploy === undefined)
    throw new Failure("ROLLOUT_UNKNOWN", `There is no deploy ${rollout} on this host`);
  if (deploy.inHand?.part === part) return { ...deploy, inHand: deploy.inHand };
  const facts = await factsOf(work.layout, work.now());
  const release = releaseOf(deploy, facts, work);
  const steps = [...stepsOf(part, deploy, facts, release, work)];
  const line = { line: "planned", rollout, at: work.now().toISOString(), part, release, steps } as const;
  await (part === "back" ? book.note(line) : book.write(line));
  const { problem, ...rest } = deploy;
  return { ...rest, ...(problem && { problem }), inHand: { part, release, steps, done: 0 } };
}

const releaseOf = ({ inHand, prepared, request }: Deploy, facts: Facts, { app }: Work): ReleaseName =>
  inHand?.release ?? prepared?.release ?? targetOf(app, request, facts).release;

function stepsOf(
  part: Part,
  { request, before, seen = true }: Deploy,
  facts: Facts,
  release: ReleaseName,
  { app }: Work,
): readonly Step[] {
  const placed = { release, revision: revisionOf(request.command.release) };
  const plans: Readonly<Record<Part, () => readonly Step[]>> = {
    prepare: () => planPrepare(app, request, facts),
    go: () => planGo(app, request, facts, release),
    back: () => planBack(app, before, placed, { seen }),
    // A deploy of what was live already changed nothing that could be taken back.
    revert: () => (facts.lives[0]?.rollout === request.command.id ? planRevert(app, before, placed) : []),
    abort: () => planAbort(release, facts),
  };
  return plans[part]();
}

function settle(book: Book, work: Work, problem: Problem | undefined): Promise<Part | undefined> {
  const end = (outcome: Finished["outcome"], why = problem) => finish(book, work, outcome, why);
  const ends: Readonly<Record<Part, () => Promise<Part | undefined>>> = {
    prepare: () => (problem === undefined ? prepared(book, work) : end("failed")),
    go: () => (problem === undefined ? end("live") : failed(book, work, problem)),
    back: () => end(...wayBack(book.find(rolloutOf(work)), problem)),
    revert: () => end(problem === undefined ? "reverted" : "failed"),
    abort: () => end("cancelled"),
  };
  return ends[work.part]();
}

/** What was published goes back; what was not never touched the live release. */
async function failed(book: Book, work: Work, problem: Problem): Promise<Part | undefined> {
  const rollout = rolloutOf(work);
  const { inHand, problem: known } = book.find(rollout) ?? {};
  const { begun, seen } = howFar(inHand);
  if (known === undefined) await book.note({ line: "failed", rollout, problem, seen });
  const { release } = inHand ?? {};
  if (release !== undefined) {
    const { request, layout, now, log } = work;
    const revision = revisionOf(request.command.release);
    const line = { release, revision, event: "failed", at: now().toISOString(), rollout } as const;
    await addToHistory(layout, { ...line, why: problem.reason }).catch((error: unknown) =>
      log.warn({ error }, `the history of ${work.name} cannot be written: ${reasonOf(error)}`),
    );
  }
  return begun ? "back" : finish(book, work, "failed", problem);
}

/** What visitors notice, also where it was only half done. */
const SHOWS: ReadonlySet<Step["do"]> = new Set(["publish", "lay-out", "switch"]);

/** Whether a deploy had begun to change what is live, and whether visitors may have seen it. The step that failed may be half-done. */
function howFar(inHand: Deploy["inHand"]): { readonly begun: boolean; readonly seen: boolean } {
  const { steps = [], done = -1 } = inHand ?? {};
  const [first, shown] = [
    steps.findIndex(({ phase }) => phase === "publish"),
    steps.findIndex((step) => SHOWS.has(step.do)),
  ];
  return { begun: first >= 0 && done >= first, seen: shown >= 0 && done >= shown };
}

/** How a deploy ended that was taken back: the reason is why, and what went wrong on the way. */
function wayBack(
  deploy: Deploy | undefined,
  onTheWay: Problem | undefined,
): [Finished["outcome"], Problem | undefined] {
  const first = deploy?.problem;
  const reason = [first?.reason, onTheWay && `On the way back: ${onTheWay.reason}`]
    .filter(Boolean)
    .join("\n")
    .slice(0, 8_000);
  const back =
    deploy?.before[0] !== undefined && (onTheWay === undefined || onTheWay.phase === "post-deploy");
  const problem = first ?? onTheWay;
  return [back ? "rolled-back" : "failed", problem && { ...problem, reason }];
}

async function prepared(book: Book, work: Work): Promise<undefined> {
  const rollout = rolloutOf(work);
  const { accepted = "", inHand } = book.find(rollout) ?? {};
  if (inHand === undefined) return;
  const data = { ...aboutNow(work, accepted), release: inHand.release };
  await book.note({ line: "prepared", rollout, message: data });
  work.say(message("deploy.prepared", data));
}

async function finish(
  book: Book,
  work: Work,
  outcome: Finished["outcome"],
  problem: Problem | undefined,
): Promise<undefined> {
  const rollout = rolloutOf(work);
  const [live = null] = await livesOf(work.layout).catch(() => []);
  const data: Finished = {
    ...aboutNow(work, book.find(rollout)?.begun ?? ""),
    outcome,
    revision: revisionOf(work.request.command.release),
    live,
    ...problem,
  };
  await book.note({ line: "ended", rollout, message: data });
  work.say(message("deploy.finished", data));
}

function aboutNow(work: Work, since: string) {
  const now = work.now();
  const seconds = Math.max(0, (now.getTime() - new Date(since).getTime()) / 1_000);
  return { rollout: rolloutOf(work), app: work.name, host: work.host, at: now.toISOString(), seconds };
}
