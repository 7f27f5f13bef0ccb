import { readdirSync, readFileSync } from "node:fs";
import { posix } from "node:path";
import { parseSync } from "oxc-parser";

const SOURCE = /\.(ts|mts|mjs|js)$/;
const ELSEWHERE = new Set(["node_modules", "dist", "coverage", "fixtures"]);

/** Every source file below a folder, as paths from it. */
export function sourcesOf(root, folder = ".") {
  return readdirSync(posix.join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = posix.join(folder, entry.name);
    if (entry.name.startsWith(".") || ELSEWHERE.has(entry.name)) return [];
    if (entry.isDirectory()) return sourcesOf(root, path);
    return SOURCE.test(entry.name) ? [path] : [];
  });
}

/** What a module says of itself: imports, exports, reads of the environment, each with its line. */
export function readModule(root, path) {
  const text = readFileSync(posix.join(root, path), "utf8");
  const { program, errors } = parseSync(path, text);
  const found = {
    path,
    imports: [],
    defaultExports: [],
    environment: [],
    loads: [],
    unreadable: [],
    reExportsOnly: false,
  };
  const lineAt = (offset) => text.slice(0, offset).split("\n").length;
  for (const { message } of errors) found.unreadable.push({ line: 1, says: message });
  for (const node of nodesOf(program)) visit(node, found, lineAt);
  found.reExportsOnly = program.body.length > 0 && program.body.every(isReExport);
  found.written = text.match(/^(import|export|\}).* from "[^"]+";$/gm)?.length ?? 0;
  found.read = found.imports.filter(({ bound }) => bound).length;
  return found;
}

function visit(node, found, lineAt) {
  const line = lineAt(node.start);
  const importing = (source, bound) => {
    if (typeof source?.value === "string") found.imports.push({ from: source.value, line, bound });
    else found.loads.push({ line });
  };
  switch (node.type) {
    case "ImportDeclaration":
      return importing(node.source, node.specifiers.length > 0);
    case "ExportAllDeclaration":
      return importing(node.source, true);
    case "ExportNamedDeclaration":
      if (node.source !== null) importing(node.source, true);
      if (node.specifiers.some(({ exported }) => exported.name === "default"))
        found.defaultExports.push({ line });
      return;
    case "ExportDefaultDeclaration":
      return found.defaultExports.push({ line });
    case "ImportExpression":
    case "TSImportType":
      return importing(node.source, false);
    case "TSExternalModuleReference":
      return importing(node.expression, false);
    case "CallExpression":
      if (["require", "createRequire"].includes(node.callee.name))
        found.unreadable.push({ line, says: "uses require, which nothing here follows" });
      return;
    case "MemberExpression":
      if (node.object.name === "process" && (node.property.name ?? node.property.value) === "env")
        found.environment.push({ line });
      return;
  }
}

function* nodesOf(node) {
  if (typeof node !== "object" || node === null) return;
  if (typeof node.type === "string") yield node;
  for (const value of Array.isArray(node) ? node : Object.values(node)) yield* nodesOf(value);
}

const isReExport = (node) =>
  node.type === "ExportAllDeclaration" || (node.type === "ExportNamedDeclaration" && node.source !== null);

/** The module that an import names, or undefined where it names a package. What was compiled stands for its source. */
export function targetOf(path, from) {
  if (!from.startsWith(".")) return undefined;
  const target = posix.join(posix.dirname(path), from);
  return target.replace(/^dist\/(.*)\.js$/, "$1.ts");
}
