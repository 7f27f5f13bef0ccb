import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { aHost, treeOf } from "./support/host.ts";

const VICTIM = join(import.meta.dirname, "support", "victim.mjs");
const TRIALS = 8;

/** Files of one revision: enough that writing them takes a while. Half of them are in no other. */
const filesOf = (turn: number): Record<string, string> =>
  Object.fromEntries(
    Array.from({ length: 150 }, (_none, index) => [
      `${index % 2 === 0 ? "all" : `only-${turn}`}/${index % 7}/${index}`,
      `${turn} ${index} ${"x".repeat(2_000)}\n`,
    ]),
  );

test("an update that is killed at any moment is finished at the next start, with nothing left of it", async () => {
  const { shop, settings, config, at, restart } = await aHost({
    place: { mode: "trusting", target: "place" },
    link: { mode: "atomic", target: "link" },
    env: { mode: "puppetmaster", target: "env" },
  });
  // Git tidies up in the background otherwise, and is still at it when the test ends.
  await shop.git.addConfig("gc.auto", "0").addConfig("maintenance.auto", "false");
  const push = async (turn: number) => {
    if (turn > 0) await shop.git.rm(["-r", "--quiet", "."]);
    await shop.push(filesOf(turn));
  };
  await push(0);
  const begun = Date.now();
  await restart().reconcile();
  const whole = Date.now() - begun;
  let midway = 0;
  for (let turn = 1; turn <= TRIALS; turn += 1) {
    await push(turn);
    midway += (await killed({ settings, config }, (whole * turn) / TRIALS)) ? 1 : 0;
    // Whoever reads behind a link finds one revision, old or new, and all of it.
    for (const link of [at("link"), at("env", "main")]) {
      const tree = treeOf(realpathSync(link));
      const found = Number(Object.values(tree)[0]?.split(" ", 1)[0]);
      expect(tree).toEqual(filesOf(found));
    }
    // Now and then the next one has something newer to bring, too.
    const wanted = turn % 3 === 0 ? turn + 100 : turn;
    if (wanted !== turn) await push(wanted);
    await restart().reconcile();
    for (const path of [at("place"), at("link"), at("env", "main")])
      expect(treeOf(realpathSync(path))).toEqual(filesOf(wanted));
    expect(readdirSync(at(".skein-link")).length).toBeLessThanOrEqual(2);
    expect(existsSync(at("state", "checkouts", "place", "lock"))).toBe(false);
  }
  expect(midway).toBeGreaterThan(TRIALS / 3);
}, 120_000);

/** Starts an update, and kills it after so many milliseconds; answers whether it was still at work. */
async function killed(given: unknown, after: number): Promise<boolean> {
  const child = spawn(process.execPath, [VICTIM, JSON.stringify(given)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = once(child, "close");
  await once(child.stdout, "data");
  await new Promise((resolve) => setTimeout(resolve, after));
  child.kill("SIGKILL");
  const [code] = (await ended) as [number | null];
  return code === null;
}
