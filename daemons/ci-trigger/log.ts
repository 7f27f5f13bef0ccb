import type { CiServer, Progress } from "../../lib/effects/ci/ci.ts";
import { reasonOf } from "../../lib/failure.ts";
import { message, type Message } from "../../lib/messages/catalogue.ts";
import type { Followed } from "./build.ts";
import { type Around, placeOf } from "./around.ts";
import type { Settings } from "./settings.ts";

/** What goes into one message: lines, and characters of each. */
const MOST_LINES = 500;
const MOST_LINE = 4_000;
/** How many pieces are taken of what a build that ended has printed meanwhile. */
const MOST_PIECES = 50;

export const isRoomIn = ({ log }: Followed, { "log-said": most }: Settings): boolean => log.bytes < most;

/** Takes what a build printed since the last look. That it cannot be read is no reason to stop following. */
export async function readLog(
  build: Followed,
  { state, ...progress }: Exclude<Progress, { state: "lost" }>,
  server: CiServer,
  around: Around,
): Promise<void> {
  const { deps, config, log } = around;
  const handle = progress.handle;
  const pieces = state === "ended" ? MOST_PIECES : 1;
  try {
    for (let piece = 0; piece < pieces; piece += 1) {
      const { log: at } = deps.builds.get(build.build) ?? build;
      const printed = await server.log(handle, placeOf(build), at.from);
      if (printed.from === at.from) return;
      const bytes = at.bytes + Buffer.byteLength(printed.text);
      const room = bytes < config["log-said"];
      // What does not end in a line end is told as a line of its own: who is asked again begins after it.
      const lines = linesOf(printed.text.slice(0, config["log-said"]));
      if (printed.cut) lines.push("[there is more, which is left out here]");
      if (!room) lines.push("[what follows is left out]");
      const said = saidOf(build, lines, at.sequence);
      await deps.builds.change(build.build, (found) =>
        found === undefined
          ? undefined
          : { ...found, log: { from: printed.from, sequence: at.sequence + said.length, bytes } },
      );
      deps.builds.unsaid.set(build.build, [...(deps.builds.unsaid.get(build.build) ?? []), ...said]);
      if (!room) return;
    }
  } catch (error) {
    log.debug({ error, build: build.build }, `what a build printed cannot be read: ${reasonOf(error)}`);
  }
}

function linesOf(text: string): string[] {
  const lines = text.split(/\r?\n/);
  if (lines.at(-1) === "") lines.pop();
  return lines.map((line) => line.slice(0, MOST_LINE));
}

function saidOf({ build, job }: Followed, lines: readonly string[], sequence: number): Message[] {
  const said: Message[] = [];
  for (let from = 0; from < lines.length; from += MOST_LINES)
    said.push(
      message("build.log", {
        build,
        sequence: sequence + said.length,
        step: job,
        lines: lines.slice(from, from + MOST_LINES),
      }),
    );
  return said;
}
