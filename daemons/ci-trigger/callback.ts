import { z } from "zod";
import type { Response } from "../../lib/daemon/define.ts";
import { results, shownAt } from "../../lib/effects/ci/ci.ts";
import { type Answered, type Asked, json, only } from "../../lib/effects/http-server.ts";
import { buildId, type HostName } from "../../lib/schema/names.ts";
import { isSameText } from "../../lib/security/same-text.ts";
import { heard } from "./build.ts";
import { type Around, jobOf } from "./around.ts";
import { tell } from "./tell.ts";

const called = z.object({
  outcome: z.enum(["started", ...results]),
  url: z.unknown().optional(),
  reason: z.string().max(8_000).optional(),
});

/** Takes the word of a server about a build: `POST /builds/BUILD` with the token that it was given with the request. */
export async function answerCallback(
  asked: Asked,
  around: Around & { readonly host: HostName },
): Promise<Response> {
  const { builds } = around.deps;
  const refuse = (answer: Answered) => ({ answer, messages: [] });
  const id = buildId.safeParse(asked.path.replace(/^\/builds\//, "")).data;
  if (!asked.path.startsWith("/builds/") || id === undefined) return refuse({ status: 404 });
  if (asked.method !== "POST") return refuse({ status: 405, headers: { allow: "POST" } });
  const found = builds.get(id);
  const [, token = ""] = /^Bearer (\S{1,200})$/.exec(only(asked, "authorization") ?? "") ?? [];
  // Whether there is such a build is told to nobody who has not its token.
  if (found?.secret === undefined || !isSameText(token, found.secret))
    return refuse(json(401, { error: "this is not the token of a build that is followed" }));
  const said = called.safeParse(parsed(asked.body));
  if (!said.success)
    return refuse(json(400, { error: `must be JSON with an outcome: started, ${results.join(", ")}` }));
  const { outcome, url, reason } = said.data;
  const changed = await builds.change(id, (build) => {
    if (build === undefined || build.state === "ended") return undefined;
    const at = { handle: build.handle, url: shownAt(url) ?? build.url };
    const progress =
      outcome === "started"
        ? ({ state: "running", ...at } as const)
        : ({ state: "ended", ...at, result: outcome, reason, revisions: [] } as const);
    return heard(
      { ...build, state: "followed" },
      progress,
      jobOf(build, around.config),
      around.now().getTime(),
    );
  });
  // The first word about an end stands.
  const answer = json(200, { build: id, outcome: (changed ?? builds.get(id))?.end?.outcome ?? "started" });
  return { answer, messages: tell(id, builds, around.host) };
}

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString("utf8"));
  } catch {
    return undefined;
  }
}
