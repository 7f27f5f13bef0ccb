import type { App } from "../lib/config/apps.ts";
import { actingAs, type Actor, ourselves } from "../lib/effects/acting.ts";
import { namedOwner } from "../lib/effects/folders.ts";
import { isRoot, ownUser } from "../lib/effects/processes.ts";

type WithUser = Pick<App, "user">;

/** The user that the programs of an app run as, and that its files are given to; undefined where that is the agent's own. */
export const otherUser = ({ user }: WithUser): string | undefined => (isRoot() ? user : undefined);

/**
 * What acts as the user of an app.
 * @throws {Failure} CONFIG_INVALID where there is no such user
 */
export async function actorOf(app: WithUser): Promise<Actor> {
  const user = otherUser(app);
  return user === undefined ? ourselves : actingAs(user);
}

/** The number of the user of an app. */
export async function userIdOf(app: WithUser): Promise<number> {
  const user = otherUser(app);
  return user === undefined ? ownUser() : (await namedOwner(user)).uid;
}
