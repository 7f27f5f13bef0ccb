import { z } from "zod";
import type { Authorisation } from "../lib/security/command.ts";

/** What a host was asked for: a command that passed every check, and who signed it. */
export const request = z.object({
  // It was checked before it was written down, and only this host writes there.
  command: z.custom<Authorisation>((value) => typeof value === "object" && value !== null),
  by: z.string(),
  /** SHA-256 of the payload, which orders name it by. */
  digest: z.string(),
});
export type Request = z.infer<typeof request>;
