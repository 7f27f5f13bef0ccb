import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { revealAll } from "../../agent/revealed.ts";
import { readLayer } from "../../lib/layers/read.ts";
import { leavesOf } from "../../lib/layers/whole.ts";
import { CASES } from "../lib/layers/cases.ts";
import { aFolder } from "../support/folder.ts";

interface Token {
  readonly client: string;
  readonly service: string;
  readonly seed: string;
}

/** What two services know each other by, as a host finds it for a layer that asks for it. */
async function tokenOf({ client, service, seed }: Token): Promise<string> {
  const state = aFolder();
  mkdirSync(join(state, "secrets"));
  writeFileSync(join(state, "secrets/seed"), seed, { mode: 0o600 });
  const token = JSON.stringify({ client, service, seed: { file: "secrets/seed" } });
  const { top, problems } = readLayer(`auth: !secret {token: ${token}}\n`, "layer.yaml");
  expect(problems).toEqual([]);
  const reveal = await revealAll(top, { state });
  const [[, secret] = []] = leavesOf(top);
  return secret?.kind === "secret" ? reveal(secret) : "";
}

test.each(CASES.seeded_auth_token)(
  "the token of $client for $service is a keyed digest, not the MD5 of the seed that yoconfigurator took",
  async ({ client, service, seed, expected }) => {
    const token = await tokenOf({ client, service, seed });
    expect(token).toMatch(/^[0-9a-f]{64}$/);
    expect(await tokenOf({ client, service, seed })).toBe(token);
    expect(token).not.toContain(expected);
    const others = await Promise.all([
      tokenOf({ client: service, service: client, seed }),
      tokenOf({ client: `${client}x`, service, seed }),
      tokenOf({ client, service, seed: `${seed}x` }),
    ]);
    expect(new Set([token, ...others]).size).toBe(4);
  },
);
