import { execFileSync, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { until } from "./until.ts";

const RUNTIME = "/run/user/0";

/** systemd runs nowhere but where it finds what it makes itself when it starts a machine. */
const BEGIN = `
mount --make-rprivate /
mount -t tmpfs -o mode=755 tmpfs /run
mkdir -p /run/systemd/system ${RUNTIME}
chmod 700 ${RUNTIME}
/usr/lib/systemd/systemd --user &
wait
`;

/** The systemd of a user who has just logged in, with a `/run` and processes of its own. */
export interface UserSystemd {
  /** What a program is started through that its user runs in a folder. */
  readonly through: (folder: string) => readonly string[];
  /** Ends it, with everything that runs there. */
  readonly close: () => Promise<void>;
}

/** Starts the systemd of a user whose home this is. Needs root. */
export async function startUserSystemd(home: string): Promise<UserSystemd> {
  const env = { HOME: home, XDG_RUNTIME_DIR: RUNTIME, PATH: process.env["PATH"] ?? "" };
  const words = ["--mount", "--pid", "--fork", "--mount-proc", "--kill-child", "sh", "-euc", BEGIN];
  const outer = spawn("unshare", words, { env, stdio: "ignore" });
  const closed = new Promise<void>((resolve) => outer.once("close", () => resolve()));
  const first = await until("systemd has processes of its own", () => {
    const children = readFileSync(join("/proc", `${outer.pid}`, "task", `${outer.pid}`, "children"), "utf8");
    return /^\d+/.exec(children)?.[0];
  });
  const entering = ["nsenter", `--target=${first}`, "--mount", "--pid", "--"];
  const systemctl = (...args: readonly string[]) => {
    const [program = "", ...rest] = [...entering, "systemctl", "--user", ...args];
    return execFileSync(program, rest, { env, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  };
  await until("systemd is ready", () => systemctl("is-system-running", "--wait").trim() !== "");
  return {
    // Whoever enters is in the topmost folder first.
    through: (folder) => [...entering, "env", `--chdir=${folder}`, `XDG_RUNTIME_DIR=${RUNTIME}`],
    close: async () => {
      // Its first process takes all others along, and cannot be asked.
      outer.kill("SIGKILL");
      await closed;
    },
  };
}
