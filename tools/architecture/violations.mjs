import { builtinModules } from "node:module";
import { daemonOf, partOf, RULE } from "./rule.mjs";
import { targetOf } from "./sources.mjs";

/** Everything in which the modules break the rule, each as one line that says where and what. */
export function violationsOf(modules) {
  const paths = new Set(modules.map(({ path }) => path));
  return [
    ...modules.flatMap((module) => violationsIn(module, paths)),
    ...cyclesOf(modules),
    ...unseen(modules),
  ];
}

function violationsIn(module, paths) {
  const { path } = module;
  const part = partOf(path);
  if (part === undefined) return [`${path}: belongs to no part of the table in tools/architecture/rule.mjs`];
  const at = ({ line }, says) => `${path}:${line}: ${says}`;
  return [
    ...module.unreadable.map((each) => at(each, each.says)),
    ...module.imports.flatMap((each) => {
      const wrong = objectionTo(each.from, path, part, paths);
      return wrong === undefined ? [] : [at(each, wrong)];
    }),
    ...(part === "vitest.config.ts"
      ? []
      : module.defaultExports.map((each) => at(each, "has a default export"))),
    ...(RULE[part].loads
      ? []
      : module.loads.map((each) => at(each, "imports what only running it can tell"))),
    ...(RULE[part].env ? [] : module.environment.map((each) => at(each, "reads process.env"))),
    ...(isBarrel(module) ? [`${path}: is a barrel: it only hands on what is elsewhere`] : []),
  ];
}

const isBarrel = ({ path, reExportsOnly }) => reExportsOnly || /(^|\/)index\.[cm]?[jt]s$/.test(path);

function objectionTo(from, path, part, paths) {
  const { parts, packages, node } = RULE[part];
  const target = targetOf(path, from);
  if (target === undefined) {
    const builtin = from.startsWith("node:") || builtinModules.includes(from);
    const allowed = builtin ? node : packages;
    const name = builtin ? from.replace(/^node:/, "") : packageOf(from);
    return allowed.includes("*") || allowed.includes(name) ? undefined : `${part} may not import ${from}`;
  }
  if (!paths.has(target))
    return isData(target) && parts.includes("*") ? undefined : `imports ${target}, which is not there`;
  const other = partOf(target);
  if (daemonOf(path) !== undefined && daemonOf(target) !== undefined && daemonOf(path) !== daemonOf(target))
    return `the daemon ${daemonOf(path)} may not import ${target}, of another daemon`;
  const may = other === part || ["*", other, ...foldersOf(other)].some((each) => parts.includes(each));
  return may ? undefined : `${part} may not import ${target}`;
}

/** Who may import a folder may import the files in it that have a rule of their own. */
const foldersOf = (part) => part.split("/").map((_, index, words) => words.slice(0, index).join("/"));
const isData = (target) => target.endsWith(".json");
const packageOf = (from) => (from.startsWith("@") ? from.split("/", 2).join("/") : from.split("/", 1)[0]);

/** Every ring of imports, told once, from its first module in the alphabet. */
function cyclesOf(modules) {
  const next = new Map(
    modules.map(({ path, imports }) => [
      path,
      imports.map(({ from }) => targetOf(path, from)).filter(Boolean),
    ]),
  );
  const done = new Set();
  const found = new Map();
  const walk = (path, trail) => {
    const seenAt = trail.indexOf(path);
    if (seenAt >= 0) {
      const ring = fromFirst(trail.slice(seenAt));
      found.set(ring.join(" "), `${[...ring, ring[0]].join(" -> ")}: is a cycle`);
    }
    if (seenAt >= 0 || done.has(path)) return;
    for (const each of next.get(path) ?? []) walk(each, [...trail, path]);
    done.add(path);
  };
  for (const { path } of modules) walk(path, []);
  return [...found.values()];
}

/** A ring, begun at its first module in the alphabet. */
function fromFirst(ring) {
  const first = ring.indexOf(ring.reduce((least, each) => (each < least ? each : least)));
  return [...ring.slice(first), ...ring.slice(0, first)];
}

/** A checker that sees nothing finds nothing: every folder must have modules, and every import that is written must have been read. */
function unseen(modules) {
  const seen = new Set(modules.map(({ path }) => partOf(path)));
  const missing = Object.keys(RULE).filter((part) => !part.endsWith(".ts") && !seen.has(part));
  const overlooked = modules.filter(
    ({ path, written, read }) => !path.startsWith("test/") && written !== read,
  );
  return [
    ...missing.map((part) => `${part}: the table names it, but no module of it was seen`),
    ...overlooked.map(
      ({ path, written, read }) => `${path}: ${written} imports are written, ${read} were read`,
    ),
  ];
}
