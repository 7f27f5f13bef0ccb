import { z } from "zod";
import { passwordHash } from "../schema/logins.ts";
import { commandId, loginName, siteName } from "../schema/names.ts";
import { decodePayload, encodePayload, instant, why } from "./payload.ts";

export const ACCESS_TYPE = "application/vnd.skein.access+json;v=1";

const common = {
  v: z.literal(1),
  id: commandId,
  site: siteName,
  user: loginName,
  /** A host takes no word about a login that is older than the last one it took. Milliseconds since 1970. */
  seq: z.int().min(0),
  iat: instant,
  /** Until when a host that was away may still take it. */
  exp: instant,
  why,
};

const accessCommands = z
  .discriminatedUnion("kind", [
    z.strictObject({
      ...common,
      kind: z.literal("grant"),
      hash: passwordHash,
      /** Until when the login is good. */
      until: instant,
    }),
    z.strictObject({ ...common, kind: z.literal("revoke") }),
  ])
  // One word from the far future would make all that follow too old.
  .refine(({ seq, exp }) => seq <= exp * 1_000, { error: "is later than the command's end", path: ["seq"] });

/** A person's word that somebody may log in at a site, or may no longer. */
export type AccessCommand = z.infer<typeof accessCommands>;
export type AccessKind = AccessCommand["kind"];

/**
 * The exact bytes to sign.
 * @throws {Failure} E_PARSE when a host would refuse to read them
 */
export function encodeAccess(command: AccessCommand): Buffer {
  const bytes = encodePayload(command);
  decodeAccess(bytes);
  return bytes;
}

/**
 * Reads the payload of a command about access. Only for bytes whose signature was checked.
 * @throws {Failure} E_PARSE
 */
export const decodeAccess = (payload: Buffer): AccessCommand => decodePayload(accessCommands, payload);
