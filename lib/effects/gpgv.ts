import { Failure } from "../failure.ts";
import { exec } from "./exec.ts";

/** Checks a text that was signed in the clear, and gives what the signature covers. */
export type VerifyClearSigned = (signed: Buffer, keyring: string) => Promise<string>;

/**
 * Asks gpgv. What is not covered by the signature is not in what it gives back.
 * @throws {Failure} ARCHIVE_SIGNATURE
 */
export const verifyClearSigned: VerifyClearSigned = async (signed, keyring) => {
  const { code, stdout, stderr, outcome } = await exec(
    "gpgv",
    ["--keyring", keyring, "--status-fd", "2", "--output", "-", "-"],
    { env: { PATH: "/usr/bin:/bin", LC_ALL: "C", HOME: "/nonexistent" }, timeout: 30_000, input: signed },
  );
  const says = (word: string) => stderr.includes(`[GNUPG:] ${word} `);
  // Of two texts one after the other, the signature of one must not count for both.
  const texts = stderr.split("[GNUPG:] PLAINTEXT ").length - 1;
  // Whoever signs with several keys may be trusted for one of them; gpgv then ends with 2.
  const good = says("GOODSIG") && says("VALIDSIG") && !says("BADSIG") && texts === 1;
  if (outcome === "ended" && code <= 2 && good) return stdout.toString("utf8");
  const told = /\[GNUPG:\] (BADSIG|EXPKEYSIG|EXPSIG|REVKEYSIG|NO_PUBKEY|NODATA)[^\n]*/.exec(stderr)?.[0];
  const why = told?.replace("[GNUPG:] ", "") ?? stderr.split("\n").at(-1) ?? "";
  throw new Failure("ARCHIVE_SIGNATURE", `Cannot verify with ${keyring}: ${why || `exit status ${code}`}`);
};
