// Runs every script of package.json that begins with `check:`, or those that are named: node tools/check.mjs [NAME…]
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { delimiter, resolve } from "node:path";

const { scripts } = JSON.parse(readFileSync("package.json", "utf8"));
const known = Object.keys(scripts).flatMap((name) => /^check:(.+)$/.exec(name)?.[1] ?? []);
const wanted = process.argv.length > 2 ? process.argv.slice(2) : known;
const unknown = wanted.filter((name) => !known.includes(name));
if (unknown.length > 0) {
  console.error(`no such check: ${unknown.join(", ")}; there are ${known.join(", ")}`);
  process.exit(64);
}

// As `npm run` would, but without the start of an npm for each.
const env = { ...process.env, PATH: [resolve("node_modules/.bin"), process.env.PATH].join(delimiter) };

/** Runs one check, and tells how it went: a line where it passed, all that it said where it failed. */
async function run(name) {
  const begun = performance.now();
  const child = spawn("/bin/sh", ["-c", scripts[`check:${name}`]], {
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (said += chunk));
  const status = await new Promise((done) => child.once("close", done));
  const seconds = ((performance.now() - begun) / 1_000).toFixed(1);
  console.log(`${status === 0 ? "ok    " : "FAILED"}  ${name.padEnd(12)}  ${seconds.padStart(5)} s`);
  if (status !== 0) console.log(said.trimEnd().replace(/^/gm, "        "));
  return status === 0;
}

const waiting = [...wanted];
const passed = [];
async function take() {
  for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) passed.push(await run(name));
}
await Promise.all(Array.from({ length: Math.min(availableParallelism(), 4) }, take));
const failed = passed.filter((each) => !each).length;
console.log(
  failed === 0 ? `all ${passed.length} checks passed` : `${failed} of ${passed.length} checks failed`,
);
process.exitCode = failed === 0 ? 0 : 1;
