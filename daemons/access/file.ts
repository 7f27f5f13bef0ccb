import type { SiteName } from "../../lib/schema/names.ts";
import type { Login } from "./login.ts";
import { type Site, userlistOf } from "./sites.ts";

const MARK = "# Kept by Skein";

/** The file of a site for these logins, as its server reads it. */
export function fileFor(name: SiteName, site: Site, logins: readonly Login[]): string {
  const sorted = logins.toSorted((one, other) => (one.user < other.user ? -1 : 1));
  const lines =
    site.type === "haproxy"
      ? [
          `userlist ${userlistOf(name, site)}`,
          ...sorted.map(({ user, hash }) => `\tuser ${user} password ${hash ?? "*"}`),
        ]
      : sorted.map(({ user, hash }) => `${user}:${hash ?? "*"}`);
  const head = `${MARK} for ${name}: use \`skein access\`, for what is written here by hand is lost.`;
  return [head, ...lines, ""].join("\n");
}

/** Whether a file may be replaced: it is one of ours, or there is nothing in it. */
export const isOurs = (text: string): boolean => text.trim() === "" || text.startsWith(MARK);

/** Of a former file, what may stand: without those who are not to be let in any more. */
export function without(former: string, logins: readonly Login[]): string {
  const good = new Set<string>(logins.map(({ user }) => user));
  return former
    .split("\n")
    .filter((line) => {
      const [, user] = /^(?:\tuser )?([A-Za-z0-9][A-Za-z0-9._@+-]*)(?::| password )/.exec(line) ?? [];
      return user === undefined || good.has(user);
    })
    .join("\n");
}
