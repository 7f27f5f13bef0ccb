import { z } from "zod";

/** More rounds would let whoever asks for a page keep a web server busy. */
const MOST_ROUNDS = 200_000;

/** A password, hashed as crypt(3) does with SHA-512: what nginx, Apache and HAProxy all read. */
export const passwordHash = z
  .string()
  .max(150)
  .regex(/^\$6\$(rounds=\d{4,6}\$)?[./0-9A-Za-z]{8,16}\$[./0-9A-Za-z]{86}$/, {
    error: "must be a hash of SHA-512 crypt",
  })
  .refine((hash) => Number(/rounds=(\d+)/.exec(hash)?.[1] ?? 0) <= MOST_ROUNDS, {
    error: `must be of ${MOST_ROUNDS} rounds at most`,
  })
  .brand<"PasswordHash">();
export type PasswordHash = z.infer<typeof passwordHash>;

/** A password that a person, or the older kit, chose: one line, and no longer than any server reads. */
export const password = z
  .string()
  .min(1)
  .regex(/^[^\p{Cc}\p{Cf}\u2028\u2029]*$/u, { error: "must be one line without control characters" })
  .refine((text) => Buffer.byteLength(text) <= 128, { error: "must have 128 bytes at most" });
