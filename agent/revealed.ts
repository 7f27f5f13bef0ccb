import { createHmac } from "node:crypto";
import { readSecret } from "../lib/config/secrets.ts";
import { exec } from "../lib/effects/exec.ts";
import { Failure, reasonOf } from "../lib/failure.ts";
import { type LayerSecret, sourceIn } from "../lib/layers/secret-source.ts";
import { type Dict, placeIn, type SecretValue } from "../lib/layers/value.ts";
import { leavesOf } from "../lib/layers/whole.ts";

const PATIENCE = 10_000;
const MOST = 64 * 1024;

/**
 * Every secret of a configuration, as this host has it.
 * @throws {Failure} LAYER_SECRET: where it was looked for, never what was found
 */
export async function revealAll(
  whole: Dict,
  settings: { readonly state: string },
): Promise<(secret: SecretValue) => string> {
  const known = new Map<SecretValue, string>();
  for (const [key, value] of leavesOf(whole)) {
    if (value.kind !== "secret") continue;
    try {
      known.set(value, await reveal(value.source, key, settings));
    } catch (error) {
      const where = `${placeIn(value.at)} ${key}`;
      throw new Failure(
        "LAYER_SECRET",
        `Cannot read ${sourceIn(value.source)}, for ${where}: ${reasonOf(error)}`,
      );
    }
  }
  return (secret) => known.get(secret) ?? "";
}

async function reveal(
  source: LayerSecret,
  key: string,
  settings: { readonly state: string },
): Promise<string> {
  if ("token" in source) {
    const { client, service, seed } = source.token;
    // Two services, one seed: a keyed digest, of which nobody learns the seed.
    return createHmac("sha256", readSecret(seed, key, settings).reveal())
      .update(`${client},${service}`)
      .digest("hex");
  }
  if (!("command" in source)) return readSecret(source, key, settings).reveal();
  const [program, ...args] = source.command;
  const { code, stdout, outcome } = await exec(program, args, { env: {}, timeout: PATIENCE, most: MOST + 1 });
  if (outcome !== "ended") throw new Error(`it took longer than ${PATIENCE / 1_000} s`);
  if (code !== 0) throw new Error(`it ended with ${code}`);
  if (stdout.length > MOST) throw new Error(`it printed more than ${MOST} bytes`);
  return stdout.toString("utf8").replace(/\r?\n$/, "");
}
