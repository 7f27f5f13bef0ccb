import { z } from "zod";

const base64 = (most: number) =>
  z
    .string()
    .max(most)
    .regex(/^[A-Za-z0-9+/]+={0,2}$/, { error: "must be base64" });

/** Bytes that were signed, and who signed them: the form of DSSE, with SSHSIG blobs as signatures. */
export const signedEnvelope = z.object({
  payloadType: z.string().max(200),
  payload: base64(90_000),
  signatures: z.array(z.object({ keyid: z.string().max(100), sig: base64(4_000) })).max(16),
});
export type SignedEnvelope = z.infer<typeof signedEnvelope>;
