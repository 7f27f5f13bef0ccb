// Runs benchmarks: npm run bench -- NAME… Each is a file beside this one; a name stands for all that begin with it, and all of
// them run where none is named. `=NAME` stands for that one alone.
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { report } from "./support/report.mjs";

const known = readdirSync(import.meta.dirname)
  .filter((name) => name.endsWith(".mjs") && name !== "run.mjs")
  .map((name) => name.slice(0, -".mjs".length));
const named = process.argv.slice(2);
const isOf = (name) => (each) => `=${each}` === name || each === name || each.startsWith(`${name}-`);
const unknown = named.filter((name) => !known.some(isOf(name)));
const wanted = named.length === 0 ? known : known.filter((each) => named.some((name) => isOf(name)(each)));
if (unknown.length > 0) {
  console.error(`no such benchmark: ${unknown.join(", ")}; there are ${known.join(", ")}`);
  process.exit(64);
}
if (wanted.length === 1) {
  const { bench } = await import(`./${wanted[0]}.mjs`);
  const { met } = await report(wanted[0], await bench());
  process.exitCode = met ? 0 : 1;
} else {
  // Each in a process of its own: what one leaves in memory must not be measured with the next.
  const ended = wanted.map((name) =>
    spawnSync(process.execPath, [import.meta.filename, `=${name}`], { stdio: "inherit" }),
  );
  process.exitCode = ended.every(({ status }) => status === 0) ? 0 : 1;
}
