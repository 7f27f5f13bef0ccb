// Runs benchmarks: npm run bench -- NAME… Each is a file beside this one; a name stands for all that begin with it, and all of
// them run where none is named.
import { readdirSync } from "node:fs";
import { report } from "./support/report.mjs";

const known = readdirSync(import.meta.dirname)
  .filter((name) => name.endsWith(".mjs") && name !== "run.mjs")
  .map((name) => name.slice(0, -".mjs".length));
const named = process.argv.slice(2);
const isOf = (name) => (each) => each === name || each.startsWith(`${name}-`);
const unknown = named.filter((name) => !known.some(isOf(name)));
const wanted = named.length === 0 ? known : known.filter((each) => named.some((name) => isOf(name)(each)));
if (unknown.length > 0) {
  console.error(`no such benchmark: ${unknown.join(", ")}; there are ${known.join(", ")}`);
  process.exit(64);
}
let missed = 0;
for (const name of wanted) {
  const { bench } = await import(`./${name}.mjs`);
  const { met } = await report(name, await bench());
  if (!met) missed += 1;
}
process.exitCode = missed === 0 ? 0 : 1;
