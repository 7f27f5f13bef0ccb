// Checks that package-lock.json serves every platform and says what package.json says: npm leaves out, at times, the
// packages of other platforms than the one it ran on (npm/cli#4828), and `npm ci` then fails there.
import { readFileSync } from "node:fs";

const read = (file) => JSON.parse(readFileSync(file, "utf8"));
const { packages } = read("package-lock.json");
const root = packages[""];
const entries = Object.entries(packages).filter(([path]) => path !== "");

/** Whether Node finds a package from where another one is: beside it, or in any folder above. */
function isThere(path, name) {
  const at = path.lastIndexOf("/node_modules/");
  const beside = `${path === "" ? "" : `${path}/`}node_modules/${name}`;
  return beside in packages || (path !== "" && isThere(at < 0 ? "" : path.slice(0, at), name));
}

const missing = Object.entries(packages).flatMap(([path, { dependencies, optionalDependencies }]) =>
  Object.keys({ ...dependencies, ...optionalDependencies })
    .filter((name) => !isThere(path, name))
    .map((name) => `${path || "package.json"} needs ${name}, which the lock file lacks`),
);
// Where no address is given, the one registry that npm is configured with serves it; the digest says that it is the same.
const unsafe = entries
  .filter(
    ([, { resolved: from, integrity }]) =>
      (from !== undefined && !from.startsWith("https://registry.npmjs.org/")) || integrity === undefined,
  )
  .map(([path]) => `${path} is not from the registry, or has no digest`);
const wanted = read("package.json");
const stale = ["dependencies", "devDependencies"].flatMap((kind) =>
  Object.keys({ ...wanted[kind], ...root[kind] })
    .filter((name) => wanted[kind]?.[name] !== root[kind]?.[name])
    .map(
      (name) => `${name} is ${wanted[kind]?.[name]} in package.json, ${root[kind]?.[name]} in the lock file`,
    ),
);
const ranges = Object.entries({ ...wanted.dependencies, ...wanted.devDependencies })
  .filter(([, version]) => !/^\d/.test(version))
  .map(([name, version]) => `${name} is ${version} in package.json: name one version`);

const wrong = [...missing, ...unsafe, ...stale, ...ranges];
for (const each of wrong) console.log(each);
console.log(`${entries.length} packages in the lock file: ${wrong.length} problems`);
process.exitCode = wrong.length === 0 && entries.length > 0 ? 0 : 1;
