import { z } from "zod";

/** Where a secret is found: never in the configuration itself, which people read over each other's shoulders. */
export const secretSource = z.union(
  [
    z.strictObject({
      file: z.string().min(1).max(1_000).describe("The file that holds it, which not everybody may read."),
    }),
    z.strictObject({
      env: z
        .string()
        .regex(/^[A-Za-z_][A-Za-z0-9_]{0,99}$/)
        .describe("The variable of the environment that holds it."),
    }),
  ],
  { error: "must be where the secret is found: { file: PATH } or { env: NAME }" },
);
export type SecretSource = z.infer<typeof secretSource>;

/** A password, token or key. However it gets into a log, a message or an error, what is seen of it is `***`. */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** The value, for the one place that needs it. */
  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return "***";
  }

  toJSON(): string {
    return "***";
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return "***";
  }
}
