import { execFileSync } from "node:child_process";

/** System tests start the compiled program: compile it before any of them runs. */
export function setup(): void {
  execFileSync(process.execPath, ["tools/ready.mjs"], { stdio: "inherit" });
}
