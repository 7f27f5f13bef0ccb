import type { Reload, Restart } from "../../lib/config/app/run.ts";
import type { Program } from "../program.ts";

/** What a service is told with: programs that are run one after the other, for as long as they end well. */
export type Told = Pick<Program, "program" | "args" | "as" | "env">;

type Fill = (text: string) => string;

/** `user`: the number of the app's user, whose service manager `systemd-user` is. */
export function restarting({ restart, by, config }: Restart, fill: Fill, user: number): readonly Told[] {
  switch (by) {
    case "systemd":
      return [{ program: "systemctl", args: ["restart", "--", restart], as: "agent" }];
    case "systemd-user": {
      const env = { XDG_RUNTIME_DIR: `/run/user/${user}` };
      return [{ program: "systemctl", args: ["--user", "restart", "--", restart], as: "app", env }];
    }
    case "sysv":
      return [{ program: "service", args: [restart, "restart"], as: "agent" }];
    case "supervisor": {
      const place = config === undefined ? [] : ["-c", fill(config)];
      return [{ program: "supervisorctl", args: [...place, "restart", restart], as: "agent" }];
    }
  }
}

/** Nothing is reloaded that would not start: its configuration is tested first. */
export function reloading(reload: Reload, fill: Fill): readonly Told[] {
  const place = (option: string) => (reload.config === undefined ? [] : [option, fill(reload.config)]);
  const told = (program: string, ...args: readonly string[]): Told => ({ program, args, as: "agent" });
  switch (reload.reload) {
    case "nginx":
      return [told("nginx", ...place("-c"), "-t"), told("nginx", ...place("-c"), "-s", "reload")];
    case "apache":
      return [told("apachectl", ...place("-f"), "-t"), told("apachectl", ...place("-f"), "-k", "graceful")];
    case "php-fpm":
      return [
        told(reload.program, ...place("-y"), "-t"),
        // Only a process of that name gets the signal: the file may be older than the machine's last start.
        told("pkill", "-USR2", "-F", fill(reload.pid), "--", "php-fpm"),
      ];
  }
}
