import { resolve } from "node:path";
import { z } from "zod";
import type { Listening } from "../effects/http-server.ts";
import { address } from "../schema/address.ts";
import type { SharedSettings } from "./settings.ts";

/** The keys of a daemon that answers over HTTP. */
export const listeningKeys = {
  listen: address
    .optional()
    .describe("Where it answers over HTTP, as HOST:PORT; nowhere where it is left out."),
  tls: z
    .strictObject({
      certificate: z.string().min(1).describe("The file of the certificate, with what it is signed by."),
      key: z.string().min(1).describe("The file of its key."),
    })
    .optional()
    .describe("For HTTPS: without it, it listens on loopback only, as behind a proxy of this machine."),
};
const keys = z.object(listeningKeys);

/** Where a daemon answers over HTTP, with its paths made absolute; undefined where it does not. */
export function listeningOf(
  { listen, tls }: z.infer<typeof keys>,
  { state }: Pick<SharedSettings, "state">,
): Listening | undefined {
  if (listen === undefined) return undefined;
  if (tls === undefined) return listen;
  return {
    ...listen,
    tls: { certificate: resolve(state, tls.certificate), key: resolve(state, tls.key) },
  };
}
