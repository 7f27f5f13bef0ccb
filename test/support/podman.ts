import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describeNeeding, ROOT } from "./needing.ts";
import { until } from "./until.ts";

/** Programs that a real Podman needs, each with its Debian package. */
const PROGRAMS = {
  podman: "podman",
  runc: "runc",
  conmon: "conmon",
  "/usr/lib/podman/netavark": "netavark",
  iptables: "iptables",
  busybox: "busybox-static",
  haproxy: "haproxy",
} as const;

/** Describes tests with a real Podman and HAProxy, for root: nobody else can make a bridge. */
export const describeWithPodman = (name: string, tests: () => void): void =>
  describeNeeding({ ...PROGRAMS, [ROOT]: "root" }, name, tests);

/** What keeps it from what a machine of tests may not have: cgroups of its own, systemd, high limits. */
const CONFIGURATION = `[containers]
default_ulimits = ["nofile=4096:4096", "nproc=4096:4096"]
[engine]
cgroup_manager = "cgroupfs"
runtime = "runc"
events_logger = "file"
[network]
network_backend = "netavark"
`;

/** A Podman that has nothing in common with that of the machine. */
export interface Podman {
  readonly socket: string;
  /** A script that is the program `podman`, for this one. */
  readonly program: string;
  /** Asks its service, past everything of ours. */
  readonly ask: (method: string, path: string) => Promise<string>;
  /** The names of all containers, each with its state. */
  readonly containers: () => Promise<Readonly<Record<string, string>>>;
  /** Those with a label, each with all of its labels. */
  readonly labelled: (
    label: string,
    value: string,
  ) => Promise<readonly { readonly state: string; readonly labels: Readonly<Record<string, string>> }[]>;
  readonly images: () => Promise<readonly string[]>;
  /** Ends it, with all that it runs, and removes what it had. */
  readonly close: () => Promise<void>;
}

/** Starts the service of Podman in a folder of its own. */
export async function startPodman(registry?: string): Promise<Podman> {
  const folder = mkdtempSync(join(tmpdir(), "skein-podman-"));
  const at = (name: string) => join(folder, name);
  writeFileSync(at("containers.conf"), CONFIGURATION);
  const insecure = registry === undefined ? "" : `[[registry]]\nlocation = "${registry}"\ninsecure = true\n`;
  writeFileSync(at("registries.conf"), insecure);
  writeFileSync(at("policy.json"), JSON.stringify({ default: [{ type: "insecureAcceptAnything" }] }));
  const args = ["--root", at("root"), "--runroot", at("runroot"), "--storage-driver", "vfs"];
  const env = {
    PATH: `${process.env["PATH"] ?? ""}:/usr/sbin:/sbin`,
    HOME: folder,
    TMPDIR: folder,
    CONTAINERS_CONF: at("containers.conf"),
    CONTAINERS_REGISTRIES_CONF: at("registries.conf"),
  };
  const socket = at("podman.sock");
  const service = spawn(
    "podman",
    [...args, "--cgroup-manager", "cgroupfs", "system", "service", "--time=0", `unix://${socket}`],
    { env, stdio: ["ignore", "ignore", "pipe"] },
  );
  let said = "";
  service.stderr.on("data", (chunk: Buffer) => (said = `${said}${chunk.toString("utf8")}`.slice(-4_000)));
  const ask = (method: string, path: string) => asked(socket, method, path);
  const list = async () =>
    JSON.parse(await ask("GET", "/v1.41/containers/json?all=true")) as {
      Id: string;
      Names: string[];
      State: string;
      Labels: Record<string, string> | null;
    }[];
  const close = async () => {
    for (const { Id } of await list().catch(() => []))
      await ask("DELETE", `/v1.41/containers/${Id}?force=true`).catch(() => undefined);
    await ended(service);
    unmountBelow(folder);
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  };
  try {
    await until("Podman answers", async () => (await ask("GET", "/_ping")) === "OK");
  } catch (error) {
    await close();
    throw new Error(`Podman does not start: ${said}`, { cause: error });
  }
  const words = [...args, "--cgroup-manager", "cgroupfs"].join(" ");
  const variables = Object.entries(env).flatMap(([name, value]) =>
    /^(CONT|TMP)/.test(name) ? [`${name}='${value}'`] : [],
  );
  return {
    socket,
    program: `#!/bin/sh\nexport ${variables.join(" ")}\nexec /usr/bin/podman ${words} "$@"\n`,
    ask,
    containers: async () =>
      Object.fromEntries((await list()).map(({ Names: [name = ""], State }) => [name.slice(1), State])),
    labelled: async (label, value) =>
      (await list())
        .map(({ State, Labels }) => ({ state: State, labels: Labels ?? {} }))
        .filter(({ labels }) => labels[label] === value),
    images: async () =>
      (JSON.parse(await ask("GET", "/v1.41/images/json?all=true")) as { Id: string }[]).map(({ Id }) => Id),
    close,
  };
}

function asked(socketPath: string, method: string, path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    request({ socketPath, method, path, agent: false, timeout: 20_000 }, (answer) => {
      let text = "";
      answer.setEncoding("utf8");
      answer.on("data", (chunk: string) => (text += chunk));
      answer.on("end", () => resolve(text));
      answer.on("error", reject);
    })
      .once("error", reject)
      .end();
  });
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const closed = new Promise((resolve) => child.once("close", resolve));
  child.kill("SIGTERM");
  await closed;
}

/** What was mounted for containers goes with them; what a kill left behind must not be deleted through. */
function unmountBelow(folder: string): void {
  const mounts = readFileSync("/proc/self/mounts", "utf8")
    .split("\n")
    .map((line) => line.split(" ")[1] ?? "")
    .filter((path) => path.startsWith(`${folder}/`));
  for (const path of mounts.toReversed()) execFileSync("umount", ["--lazy", path]);
}
