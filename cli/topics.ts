import { codeOf } from "../lib/failure.ts";
import { STANDARD_TOPICS, type Topics } from "../lib/messages/destinations.ts";
import { readSettings } from "./session.ts";

/** How destinations are named here: as the configuration says, or as ever where there is none and none was named. */
export function readTopics(config: string | undefined): Topics {
  try {
    return readSettings({ config }).topics;
  } catch (error) {
    const named = config ?? process.env["SKEIN_CONFIG"];
    if (named === undefined && codeOf(error) === "CONFIG_MISSING") return STANDARD_TOPICS;
    throw error;
  }
}
