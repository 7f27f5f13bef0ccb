import { Failure } from "../failure.ts";
import { type SignedEnvelope, signedEnvelope } from "../schema/signed-envelope.ts";
import { fromBase64 } from "./base64.ts";
import type { Namespace } from "./namespaces.ts";
import { problemsOf } from "./problems.ts";
import type { Signer } from "./signer.ts";
import { parseStrictJson } from "./strict-json.ts";

const MOST_BYTES = 256 * 1024;

/** Signs a payload for a purpose. The bytes that are signed are the bytes that travel: nothing has to be made canonical. */
export async function seal(
  payload: Buffer,
  payloadType: string,
  namespace: Namespace,
  signer: Signer,
): Promise<SignedEnvelope> {
  const signature = await signatureOf(payload, namespace, signer);
  return { payloadType, payload: payload.toString("base64"), signatures: [signature] };
}

/** Adds another person's signature to an envelope, such as an approval. */
export async function countersign(
  envelope: SignedEnvelope,
  namespace: Namespace,
  signer: Signer,
): Promise<SignedEnvelope> {
  const signature = await signatureOf(payloadOf(envelope), namespace, signer);
  return { ...envelope, signatures: [...envelope.signatures, signature] };
}

/**
 * The form of an envelope that came as bytes, or inside a message that was read.
 * @throws {Failure} E_PARSE
 */
export function readEnvelope(received: unknown): SignedEnvelope {
  const value = received instanceof Uint8Array ? parseStrictJson(received, MOST_BYTES) : received;
  const result = signedEnvelope.safeParse(value);
  if (result.success) return result.data;
  throw new Failure("E_PARSE", `Cannot read a signed envelope: ${problemsOf(result.error)}`);
}

/**
 * The bytes that an envelope carries. They mean nothing before their signature was checked.
 * @throws {Failure} E_PARSE
 */
export function payloadOf({ payload }: SignedEnvelope): Buffer {
  const bytes = fromBase64(payload);
  if (bytes === undefined)
    throw new Failure("E_PARSE", "Cannot read a signed envelope: its payload is not base64");
  return bytes;
}

async function signatureOf(payload: Buffer, namespace: Namespace, signer: Signer) {
  const blob = await signer.sign(payload, namespace);
  return { keyid: signer.fingerprint, sig: blob.toString("base64") };
}
