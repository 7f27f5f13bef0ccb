import { type Data, type Message, message } from "../lib/messages/catalogue.ts";
import { dialectOf } from "../lib/messages/destinations.ts";
import { shortRef } from "../lib/schema/names.ts";
import { carriedApps, type Here } from "./desk.ts";
import { treeOf } from "./tree.ts";
import type { Carried } from "./work.ts";

/** The line that the older kit's agents said of what they checked out, where lines for people are written for that kit. */
export function olderLine(finished: Data<"deploy.finished">, here: Here): readonly Message[] {
  const carried = carriedApps(here).find(({ name }) => name === finished.app);
  if (carried === undefined || dialectOf("event.said", here.settings.topics) !== "deploykit") return [];
  const text = textOf(finished, carried, here);
  return text === undefined
    ? []
    : [message("event.said", { source: "deploys", text: text.slice(0, 2_000), at: finished.at })];
}

function textOf(
  { outcome, live, host, rollout }: Data<"deploy.finished">,
  carried: Carried,
  { deps }: Here,
): string | undefined {
  const { app, name } = carried;
  if (outcome !== "live" || live === null) return undefined;
  const said = (agent: string, tag: string, repository: string) =>
    `${agent} on ${host} checked out tag ${tag} from repo ${repository} to target ${treeOf(carried)} request id ${rollout}`;
  if (live.parts !== undefined)
    return said("bloatagent", live.parts.map(({ part, ref }) => `${part}=${shortRef(ref)}`).join(","), name);
  // The older kit knew nothing but git.
  if (!("repository" in app)) return undefined;
  const { folder } = deps.mirrors.of(app.repository);
  return `${said("git-agent", shortRef(live.ref), folder)} type ${app.environment}`;
}
