import type { Ask, Conversation } from "../../../lib/effects/notify/conversation.ts";
import { type Outcome, refused, SENT } from "../../../lib/effects/notify/sender.ts";
import { verdictOf } from "../../../lib/effects/notify/verdict.ts";
import type { HttpAnswer } from "../../../lib/effects/http.ts";
import type { Notice } from "../notice.ts";
import type { ForgeChannel } from "../settings.ts";
import { type Deployment, reportOf, type Status } from "./report.ts";

/** How a forge is told things. */
export interface Forge {
  /** A question that only a good token is answered. */
  readonly probe: Ask;
  readonly status: (place: string, status: Status) => Ask;
  /** Of an answer to a status, where the forge has a way of its own. */
  readonly taken?: (answer: HttpAnswer) => boolean;
  readonly deploy?: (place: string, deployment: Deployment) => Conversation;
}

/** What is said to a forge for a notice: the status first, then the deployment. */
export const telling = (
  forge: Forge,
  channel: ForgeChannel,
  placeOf: (repository: string) => string | undefined,
) =>
  function* tell(notice: Notice): Conversation {
    if (notice.type === "test") return verdictOf(yield forge.probe);
    const place = placeOf(notice.about.repository ?? "");
    if (place === undefined)
      return refused(`it does not have ${notice.about.repository ?? "any such repository"}`);
    const { status, deployment } = reportOf(notice, channel);
    if (status !== undefined) {
      const answer = yield forge.status(place, status);
      const outcome = forge.taken?.(answer) === true ? SENT : verdictOf(answer);
      if (outcome.kind !== "sent") return outcome;
    }
    return deployment === undefined || forge.deploy === undefined
      ? SENT
      : yield* forge.deploy(place, deployment);
  };

/** How GitHub is told of a status, and those that took over its form. */
export const statusAsGithub =
  (
    repositories: string,
    headers: Readonly<Record<string, string>>,
    states: Record<Status["state"], string>,
  ) =>
  (place: string, { revision, state, context, description, url }: Status): Ask => ({
    url: `${repositories}/${place}/statuses/${revision}`,
    headers,
    body: {
      state: states[state],
      context,
      description,
      ...(url === undefined ? {} : { target_url: url }),
    },
  });

/** The JSON of an answer, where it is what is expected. */
export function jsonOf(answer: HttpAnswer): unknown {
  try {
    return JSON.parse(answer.body.toString("utf8"));
  } catch {
    return undefined;
  }
}

/** The objects of a list that was answered; none where it was not. */
export function listIn(answer: HttpAnswer): readonly Readonly<Record<string, unknown>>[] {
  const list: unknown = jsonOf(answer);
  if (!Array.isArray(list)) return [];
  return list.filter(
    (each: unknown): each is Readonly<Record<string, unknown>> => typeof each === "object" && each !== null,
  );
}

/** The number that something new was given, or why there is none. */
export function idIn(answer: HttpAnswer): number | Outcome {
  const outcome = verdictOf(answer);
  if (outcome.kind !== "sent") return outcome;
  const made = jsonOf(answer);
  return typeof made === "object" && made !== null && "id" in made && typeof made.id === "number"
    ? made.id
    : refused("it does not say what it made");
}
