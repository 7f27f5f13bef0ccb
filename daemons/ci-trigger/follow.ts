import type { CiServer, Order } from "../../lib/effects/ci/ci.ts";
import { Failure, reasonOf } from "../../lib/failure.ts";
import { message } from "../../lib/messages/catalogue.ts";
import { safeText } from "../../lib/safe-text.ts";
import { type BuildId, shortRef, shortRevision } from "../../lib/schema/names.ts";
import { type Around, jobOf, placeOf } from "./around.ts";
import { asked, failed, type Followed, givenUp, heard, stepOf } from "./build.ts";
import { isRoomIn, readLog } from "./log.ts";

/** How long a server may know nothing of a build before it counts as lost: in polls. Who restarts reads its queue first. */
const LOST_AFTER = 60;
/** How much later each look is than the one before, and how late at most: in polls. */
const SLOWER = 1.5;
const SLOWEST = { waiting: 5, running: 15, failing: 60 } as const;

/** Takes one step with a build: asks for it, looks for it, or looks how far it is. What it learns is on disk when it returns. */
export async function advance(build: BuildId, around: Around): Promise<void> {
  const { builds } = around.deps;
  if (builds.busy.has(build)) return;
  builds.busy.add(build);
  try {
    const found = builds.get(build);
    if (found !== undefined) await step(found, around);
  } finally {
    builds.busy.delete(build);
  }
}

async function step(build: Followed, around: Around): Promise<void> {
  const { deps, now, config } = around;
  const todo = stepOf(build);
  if (todo === "nothing") return;
  const server = deps.servers.get(build.server);
  const job = jobOf(build, config);
  const end = (code: Failure["code"], reason: string) => close(build, { code, message: reason }, around);
  if (server === undefined)
    return end("CI_BUILD_LOST", `the server ${build.server} is not in the configuration any more`);
  const age = now().getTime() - build.wanted;
  if (age > job.deadline) {
    if (build.state === "followed") await server.cancel(build.handle, placeOf(build)).catch(() => undefined);
    return end("CI_BUILD_LOST", `its end is unknown: it was not there after ${job.deadline / 1_000} s`);
  }
  try {
    await (todo === "ask" || todo === "look"
      ? ask(build, todo, server, around)
      : todo === "cancel"
        ? cancel(build, server, around)
        : poll(build, server, around));
    recovered(build, around);
  } catch (error) {
    if (!(error instanceof Failure && error.transient)) {
      recovered(build, around);
      return close(build, refusal(error), around);
    }
    troubled(build, error, around);
    if (build.state !== "followed" && age > config.patience) return close(build, error, around);
    later(build, SLOWEST.failing, 2, around);
  }
}

const refusal = (error: unknown): Pick<Failure, "code" | "message"> =>
  error instanceof Failure ? error : { code: "CI_ANSWER", message: reasonOf(error) };

/** That it may be asked is on disk before it is: whoever finds that, and no answer, looks first. */
async function ask(build: Followed, todo: "ask" | "look", server: CiServer, around: Around): Promise<void> {
  const { builds } = around.deps;
  const order = orderOf(build, around);
  const known = todo === "look" ? await server.locate(order) : undefined;
  const { cancelled } = builds.get(build.build) ?? build;
  if (known === undefined && cancelled !== undefined) {
    await change(build, around, (found) => givenUp(found, cancelled, around.now().getTime()));
    return;
  }
  if (known === undefined) await change(build, around, (found) => ({ ...found, state: "asking" }));
  const handle = known ?? (await server.trigger(order));
  // Who calls back may be quicker than its own answer.
  await change(build, around, (found) => (found.state === "ended" ? undefined : asked(found, handle)));
  soon(build, around);
}

async function cancel(build: Followed, server: CiServer, around: Around): Promise<void> {
  try {
    await server.cancel(build.handle, placeOf(build));
  } catch (error) {
    if (!(error instanceof Failure) || error.transient) throw error;
    say(build, `${lineOf(build)} goes on: ${error.message}`, around);
  }
  await change(build, around, (found) =>
    found.cancelled === undefined ? undefined : { ...found, cancelled: { ...found.cancelled, sent: true } },
  );
  soon(build, around);
}

async function poll(build: Followed, server: CiServer, around: Around): Promise<void> {
  const { now, config } = around;
  const job = jobOf(build, config);
  const progress = await server.poll(build.handle, placeOf(build));
  if (progress.state === "lost") return lost(build, around);
  if (job.log && progress.handle.run !== undefined && isRoomIn(build, config))
    await readLog(build, progress, server, around);
  const next = await change(build, around, (found) => {
    const changed = found.state === "ended" ? undefined : heard(found, progress, job, now().getTime());
    return changed === undefined || isSame(found, changed) ? undefined : changed;
  });
  if (next === undefined)
    later(build, progress.state === "queued" ? SLOWEST.waiting : SLOWEST.running, SLOWER, around);
  else soon(build, around);
}

/** Whether nothing was learnt: then nothing is written. */
const isSame = (one: Followed, other: Followed): boolean => JSON.stringify(one) === JSON.stringify(other);

async function lost(build: Followed, around: Around): Promise<void> {
  const { builds } = around.deps;
  const now = around.now().getTime();
  const since = builds.turnOf(build.build).lost ?? now;
  if (now - since >= LOST_AFTER * around.config.poll)
    return close(
      build,
      { code: "CI_BUILD_LOST", message: `the server ${build.server} does not know it any more` },
      around,
    );
  later(build, SLOWEST.waiting, SLOWER, around);
  builds.setTurn(build.build, { ...builds.turnOf(build.build), lost: since });
}

/** Ends a build with what stands in the way, and tells people. */
async function close(
  build: Followed,
  problem: Pick<Failure, "code" | "message">,
  around: Around,
): Promise<void> {
  const closed = await change(build, around, (found) =>
    found.state === "ended" ? undefined : failed(found, problem, around.now().getTime()),
  );
  if (closed === undefined) return;
  around.log.warn({ build: build.build, code: problem.code }, problem.message);
  say(build, `${lineOf(build)} has no result: ${problem.message}`, around);
}

const change = (build: Followed, { deps }: Around, how: (found: Followed) => Followed | undefined) =>
  deps.builds.change(build.build, (found) => (found === undefined ? undefined : how(found)));

/** After something new: at once again, but for a poll. */
const soon = ({ build }: Followed, { deps, now, config }: Around): void =>
  deps.builds.setTurn(build, { due: now().getTime() + config.poll, tries: 0 });

function later({ build }: Followed, most: number, factor: number, { deps, now, config }: Around): void {
  const { tries } = deps.builds.turnOf(build);
  const wait = config.poll * Math.min(factor ** (tries + 1), most);
  deps.builds.setTurn(build, { due: now().getTime() + wait, tries: tries + 1 });
}

/** A server that does not answer is told of once, and once more when it does again. */
function troubled(build: Followed, error: Failure, around: Around): void {
  if (around.deps.troubled.has(build.server)) return;
  around.deps.troubled.add(build.server);
  around.log.warn({ server: build.server, error }, error.message);
  say(build, `the CI server ${build.server} is in trouble: ${error.message}`, around);
}

function recovered(build: Followed, around: Around): void {
  if (!around.deps.troubled.delete(build.server)) return;
  say(build, `the CI server ${build.server} answers again`, around);
}

function say({ build }: Followed, text: string, { deps, now }: Around): void {
  const said = message("event.said", {
    source: "ci-trigger",
    text: safeText(text).slice(0, 2_000),
    at: now().toISOString(),
  });
  deps.builds.unsaid.set(build, [...(deps.builds.unsaid.get(build) ?? []), said]);
}

const lineOf = ({ job, repository, ref, revision }: Followed): string =>
  `the build ${job} of ${repository} ${shortRef(ref)} ${shortRevision(revision)}`;

function orderOf(build: Followed, { config: { servers }, deps }: Around): Order {
  const { callback } = servers[build.server] ?? {};
  return {
    ...build,
    ...placeOf(build),
    token: deps.tokens.get(build.job),
    ...(callback === undefined || build.secret === undefined
      ? {}
      : { callback: { url: `${callback.replace(/\/+$/, "")}/builds/${build.build}`, token: build.secret } }),
  };
}
