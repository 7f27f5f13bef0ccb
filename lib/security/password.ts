import { randomInt } from "node:crypto";
import { encrypt } from "unixcrypt";
import { type PasswordHash, passwordHash } from "../schema/logins.ts";

const CONSONANTS = "bcdfghjklmnprstvwz";
const VOWELS = "aeiou";
const SYLLABLES = 6;

/** How many bits of chance there are in an invented password. */
export const ENTROPY = SYLLABLES * Math.log2(CONSONANTS.length ** 2 * VOWELS.length);

const oneOf = (letters: string): string => letters[randomInt(letters.length)] ?? "";

const syllable = (): string => oneOf(CONSONANTS) + oneOf(VOWELS) + oneOf(CONSONANTS);

/** A password that can be said over the telephone, such as `bamtok-rilfen-sudvat`: of 64 bits, for its hash travels. */
export function inventPassword(): string {
  const syllables = Array.from({ length: SYLLABLES }, syllable);
  return syllables.join("").replace(/.{6}(?=.)/g, "$&-");
}

/** Hashes a password as crypt(3) does with SHA-512 and a salt of its own: only that ever travels, or is kept. */
export const hashPassword = (password: string): PasswordHash => passwordHash.parse(encrypt(password));
