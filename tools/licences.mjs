// Checks the licences of all that Skein is shipped with: permissive ones only, each named.
import { readFileSync } from "node:fs";

const PERMISSIVE = new Set([
  "0BSD",
  "Apache-2.0",
  "BSD-2-Clause",
  "BSD-3-Clause",
  "BlueOak-1.0.0",
  "ISC",
  "MIT",
  "MIT-0",
]);

const { packages } = JSON.parse(readFileSync("package-lock.json", "utf8"));
const shipped = Object.entries(packages).filter(
  ([path, { dev, devOptional }]) => path !== "" && !dev && !devOptional,
);
const refused = shipped.filter(([, { license }]) => !PERMISSIVE.has(license));
for (const [path, { license }] of refused) console.log(`${path} has the licence ${license ?? "(none)"}`);
const named = [...new Set(shipped.map(([, { license }]) => license))].sort().join(", ");
console.log(`${shipped.length} packages are shipped, under ${named}: ${refused.length} refused`);
process.exitCode = refused.length === 0 && shipped.length > 0 ? 0 : 1;
