// Checks who imports what: `node tools/architecture.mjs [FOLDER]`. The table is in architecture/rule.mjs.
import { RULE } from "./architecture/rule.mjs";
import { readModule, sourcesOf } from "./architecture/sources.mjs";
import { violationsOf } from "./architecture/violations.mjs";

const root = process.argv[2] ?? ".";
const modules = sourcesOf(root).map((path) => readModule(root, path));
const imports = modules.reduce((sum, module) => sum + module.imports.length, 0);
const violations = violationsOf(modules);
for (const each of violations) console.log(each);
console.log(
  `${modules.length} modules of ${Object.keys(RULE).length} parts, ${imports} imports: ${violations.length} violations`,
);
process.exitCode = violations.length === 0 ? 0 : 1;
