import type { MessageType } from "../catalogue.ts";

/** The forms that messages can be written in: as events of CloudEvents, or as the texts of the older kit. */
export const DIALECTS = ["cloudevents", "deploykit"] as const;
export type Dialect = (typeof DIALECTS)[number];

/** Where the older kit has the messages that it knows, as it comes. */
export const OLDER_DESTINATIONS: Readonly<Partial<Record<MessageType, string>>> = {
  "commit.pushed": "/topic/future.git.commits",
  "build.started": "/topic/future.jenkins.{result}",
  "build.finished": "/topic/future.jenkins.{result}",
  "package.published": "/topic/future.package.updates",
  "access.asked": "/topic/future.access.stage",
  "event.said": "/topic/future.events.{source}",
};
