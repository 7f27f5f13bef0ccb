import { pause } from "../lib/effects/clock.ts";
import type { ContainerEngine } from "../lib/effects/containers/engine.ts";
import { tcpTrouble } from "../lib/effects/tcp.ts";
import type { Place } from "../lib/effects/traffic/traffic.ts";
import { Failure, reasonOf } from "../lib/failure.ts";
import type { ContainerWork } from "./containers.ts";

const MOST_PER_TRY = 5_000;

/** What an answer, or the lack of one, has against a container. */
interface Objection {
  readonly why: string;
  readonly answered: boolean;
}

/**
 * Waits until what runs in a container answers.
 * @throws {Failure} CONTAINER_ENDED or CONTAINER_NOT_READY, with the last words of the app
 */
export async function waitUntilReady(
  engine: ContainerEngine,
  id: string,
  place: Place,
  work: ContainerWork,
): Promise<void> {
  const { deadline, interval } = work.app.ready;
  const end = performance.now() + deadline;
  // One that has been live for long may have ended and come back in its time: that is no reason against it.
  const restarts = (await engine.inspect(id))?.restarts ?? 0;
  let last: Objection | undefined;
  for (;;) {
    await requireRunning(engine, id, restarts);
    const left = Math.max(1, end - performance.now());
    const objection = await objectionOf(place, work, Math.min(left, MOST_PER_TRY));
    if (work.signal.aborted) return;
    if (objection === undefined) break;
    // What it answered says more than that the last try had no time left.
    if (objection.answered || last?.answered !== true) last = objection;
    if (performance.now() + interval >= end) {
      const within = `it was not ready within ${deadline / 1_000} s: ${last.why}`;
      throw new Failure("CONTAINER_NOT_READY", `The container runs, but ${within}${await words(engine, id)}`);
    }
    await pause(interval, work.signal);
  }
  // Something else may have answered in its place, where it has just ended.
  await requireRunning(engine, id, restarts);
}

/** The engine starts anew what ended, so that it may be seen running in between. */
async function requireRunning(engine: ContainerEngine, id: string, restarts: number): Promise<void> {
  const now = await engine.inspect(id);
  if (now?.running === true && now.restarts <= restarts) return;
  const how = now === undefined ? "is gone" : `ended by itself, with ${now.exitCode}`;
  throw new Failure("CONTAINER_ENDED", `The container ${how}${await words(engine, id)}`);
}

async function words(engine: ContainerEngine, id: string): Promise<string> {
  const said = await engine.lastWords(id).catch(() => "");
  return said === "" ? "; it said nothing" : `; it said last:\n${said}`;
}

async function objectionOf(
  { host, port }: Place,
  { app, http, signal }: ContainerWork,
  deadline: number,
): Promise<Objection | undefined> {
  const { path } = app.ready;
  if (path === undefined) {
    const why = await tcpTrouble(host, port, deadline);
    return why === undefined ? undefined : { why, answered: false };
  }
  try {
    const { status } = await http(`http://${host}:${port}${path}`, { deadline, signal });
    if (status >= 200 && status < 400) return undefined;
    return { why: `${path} has the status ${status}`, answered: true };
  } catch (error) {
    return { why: reasonOf(error), answered: false };
  }
}
