// Writes the reference pages from the compiled sources: npm run docs
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { referencePages } from "../dist/cli/reference/pages.js";

const folder = "docs/reference";
mkdirSync(folder, { recursive: true });
const pages = await referencePages(readFileSync("examples/shop/.skein.yml", "utf8"));
for (const [name, text] of Object.entries(pages)) {
  writeFileSync(join(folder, name), text);
  console.log(join(folder, name));
}
