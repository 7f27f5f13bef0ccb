import { arch, hostname, release, type } from "node:os";
import { readIfThere } from "../lib/effects/files.ts";

/** What a machine says of itself. */
export async function machineFacts(): Promise<Readonly<Record<string, string>>> {
  const about = await readIfThere("/etc/os-release");
  const name = /^PRETTY_NAME="?([^"\n]{1,200})/m.exec(about ?? "")?.[1];
  return {
    os: name ?? type(),
    kernel: `${type()} ${release()}`,
    arch: arch(),
    hostname: hostname(),
    node: process.version,
  };
}
