import { Failure } from "../failure.ts";
import type { Trust } from "../security/trust.ts";
import { artifact } from "./metadata.ts";
import { signersOf } from "./signature.ts";
import type { Stored } from "./store.ts";

/** Whether an artifact must be signed; where it is, its signature must be right. */
export const verifyModes = ["required", "if-there"] as const;
export type VerifyMode = (typeof verifyModes)[number];

/**
 * Who signed an artifact, by the files of trust of this host; nobody, where that is allowed.
 * @throws {Failure} ARTIFACT_UNSIGNED, E_KEY, E_REVOKED, E_SIG, E_SIG_FORMAT, ARTIFACT_INVALID or TRUST_FILE
 */
export function verifyArtifact(
  stored: Stored,
  mode: VerifyMode,
  { trust, now }: { readonly trust: () => Pick<Trust, "signers" | "revoked">; readonly now: Date },
): readonly string[] {
  const { signed } = stored;
  if (signed !== undefined) return signersOf(signed, artifact.parse(stored), trust(), now);
  if (mode === "if-there") return [];
  throw new Failure(
    "ARTIFACT_UNSIGNED",
    `Cannot take version ${stored.version} of ${stored.app}: it is not signed`,
  );
}
