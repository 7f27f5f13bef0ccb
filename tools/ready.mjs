// Makes a checkout ready to run: installs what the lock file names and compiles what changed. Nothing else is needed before it.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const sources = ["lib", "daemons", "agent", "cli", "package.json", "tsconfig.json", "tsconfig.build.json"];

/** Runs `work` unless the stamp file says that it was done for just these contents. */
function once(stamp, contents, work) {
  const wanted = createHash("sha256").update(contents).digest("hex");
  const file = join(root, stamp);
  if (existsSync(file) && readFileSync(file, "utf8") === wanted) return;
  work();
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, wanted);
}

function run(what, command, ...args) {
  process.stderr.write(`skein: ${what}\n`);
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: ["ignore", 2, 2] });
  if (status === 0) return;
  process.stderr.write(`skein: ${what} failed: ${error?.message ?? `exit status ${status}`}\n`);
  process.exit(1);
}

function contentsOf(path) {
  const full = join(root, path);
  if (!existsSync(full)) return "";
  if (path.endsWith(".json") || path.endsWith(".ts")) return readFileSync(full, "utf8");
  return readdirSync(full, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() || entry.name.endsWith(".ts"))
    .map((entry) => `${entry.name}\n${contentsOf(join(path, entry.name))}`)
    .join("\n");
}

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  process.stderr.write(`skein: Node ${process.versions.node} is too old; install Node 20.19 or newer\n`);
  process.exit(1);
}

// `npm ci` empties the folder first: where it is a link, that would take the packages of another checkout.
const packages = join(root, "node_modules");
if (!lstatSync(packages, { throwIfNoEntry: false })?.isSymbolicLink()) {
  once("node_modules/.skein-installed", readFileSync(join(root, "package-lock.json")), () =>
    run("installing packages", "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"),
  );
}
once("dist/.skein-built", sources.map(contentsOf).join("\n"), () => {
  // Compiled aside: a `skein` that starts meanwhile finds the former program, not half of one.
  const [fresh, dist] = [join(root, "node_modules", ".skein-dist"), join(root, "dist")];
  rmSync(fresh, { recursive: true, force: true });
  run(
    "compiling",
    process.execPath,
    join("node_modules", "typescript", "bin", "tsc"),
    "-p",
    "tsconfig.build.json",
    "--outDir",
    fresh,
  );
  // `npm link` points at this file; the compiler leaves it without the right to be run.
  chmodSync(join(fresh, "cli/main.js"), 0o755);
  rmSync(dist, { recursive: true, force: true });
  renameSync(fresh, dist);
});
