import { z } from "zod";
import { passwordHash } from "../../lib/schema/logins.ts";
import { commandId, loginName, siteName } from "../../lib/schema/names.ts";

/** One login at one site, as it is kept on disk: what is wanted, whatever the web server knows of it. */
export const login = z.object({
  site: siteName,
  user: loginName,
  /** Nothing where somebody was revoked who was never let in. */
  hash: passwordHash.optional(),
  /** Milliseconds since 1970. */
  until: z.int(),
  /** Why it counts no more; it is forgotten once the web server knows. */
  ended: z.enum(["revoked", "expired"]).optional(),
  request: commandId.optional(),
  by: z.string(),
  why: z.string(),
  /** When this was asked for, or ended. */
  at: z.iso.datetime(),
  /** Whether it was told that the web server knows. */
  told: z.boolean(),
});
export type Login = z.infer<typeof login>;

/** What a login is kept under. */
export const keyOf = ({ site, user }: Pick<Login, "site" | "user">): string => `${site}/${user}`;

/** Whether somebody is to be let in by it. */
export const isGood = ({ hash, ended, until }: Login, now: Date): boolean =>
  hash !== undefined && ended === undefined && until > now.getTime();
