import { z } from "zod";
import { Failure } from "../failure.ts";
import type { SignedEnvelope } from "../schema/signed-envelope.ts";
import { seal } from "../security/envelope.ts";
import { namespaces } from "../security/namespaces.ts";
import { openEnvelope } from "../security/open-envelope.ts";
import { decodePayload, encodePayload } from "../security/payload.ts";
import type { Signer } from "../security/signer.ts";
import type { Trust } from "../security/trust.ts";
import { type Artifact, artifact } from "./metadata.ts";

const TYPE = "application/vnd.skein.artifact+json;v=1";

/** All that is said of an artifact: signed for one place, it can be passed off for nothing else. */
const statement = artifact.extend({ v: z.literal(1) }).strict();

/** Signs what is said of an artifact. */
export const signArtifact = (about: Artifact, signer: Signer): Promise<SignedEnvelope> =>
  seal(encodePayload({ v: 1, ...about }), TYPE, namespaces.artifact, signer);

/**
 * Who signed an artifact: each of those who did.
 * @throws {Failure} E_PARSE, E_TYPE, E_SIG_FORMAT, E_KEY, E_REVOKED or E_SIG, and ARTIFACT_INVALID where it is about another
 */
export function signersOf(
  signed: SignedEnvelope,
  about: Artifact,
  trust: Pick<Trust, "signers" | "revoked">,
  now: Date,
): readonly string[] {
  const where = `version ${about.version} of ${about.app}`;
  try {
    const { payload, signatures } = openEnvelope(signed, {
      payloadType: TYPE,
      namespaces: [namespaces.artifact],
      trust,
      now,
    });
    const { v: _version, ...said } = decodePayload(statement, payload);
    if (encodePayload(inOrder(said)).equals(encodePayload(inOrder(about))))
      return signatures.map(({ principal }) => principal);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const why = error.message.replace(/^[^:]*: /, "");
    throw new Failure(error.code, `Cannot trust ${where}: ${why}`, { cause: error });
  }
  throw new Failure("ARTIFACT_INVALID", `Cannot trust ${where}: its signature is about something else`);
}

const inOrder = ({ app, target, artifact: name, version, sha256, size, metadata }: Artifact) => [
  ...[app, target, name, version, sha256, size],
  JSON.stringify(metadata),
];
