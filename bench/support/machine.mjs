import { execFileSync } from "node:child_process";
import { cpus, getPriority, loadavg, release, totalmem, type } from "node:os";

/** What the figures were taken on, as far as it matters to them. */
export function machine() {
  const [cpu] = cpus();
  const git = execFileSync("git", ["--version"], { encoding: "utf8" }).trim();
  return [
    `${cpus().length} × ${cpu?.model.trim() || "a processor without a name"}, ${Math.round(totalmem() / 2 ** 30)} GiB`,
    `${type()} ${release()}, Node ${process.versions.node}, ${git}`,
    `load average over the last minute, before: ${loadavg()[0].toFixed(2)}; nice value ${getPriority()}`,
  ];
}
