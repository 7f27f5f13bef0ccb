import { z } from "zod";
import { secretSource } from "../schema/secret.ts";

const FORM = "{file: PATH}, {env: NAME}, {command: [PROGRAM, ARGUMENT…]} or {token: {client, service, seed}}";

const word = z
  .string()
  .max(4_096)
  .refine((text) => !text.includes("\0"));

/** Where a layer may say that a secret is found. */
export const layerSecret = z.union(
  [
    secretSource,
    /** What a program prints. It is found by its path alone: its environment is empty. */
    z.strictObject({ command: z.tuple([word.regex(/^\//)], word).refine(({ length }) => length <= 100) }),
    /** What two services know each other by, made of a seed that only the two have. */
    z.strictObject({
      token: z.strictObject({
        client: z.string().min(1).max(200),
        service: z.string().min(1).max(200),
        seed: secretSource,
      }),
    }),
  ],
  { error: `must be where the secret is found: ${FORM}` },
);
export type LayerSecret = z.infer<typeof layerSecret>;

/** What of it a person may read: where the secret is found, never what it is. */
export function sourceIn(source: LayerSecret): string {
  if ("file" in source) return `the file ${source.file}`;
  if ("env" in source) return `the variable ${source.env}`;
  if ("command" in source) return `the program ${source.command[0]}`;
  return `the token of ${source.token.client} for ${source.token.service}`;
}
