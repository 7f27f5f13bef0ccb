import { spawnSync } from "node:child_process";
import { appendFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { aFolder } from "./folder.ts";

/** A root of its own for apt and dpkg: nothing of this machine is read or changed. */
export interface AptRoot {
  readonly folder: string;
  /** The file of its configuration. */
  readonly config: string;
  /** Writes a file of sources, and gives its path. */
  readonly source: (
    name: string,
    url: string,
    options?: { readonly keyring?: string | undefined; readonly suite?: string },
  ) => string;
  /** Runs a program of apt in it. */
  readonly run: (program: string, ...args: string[]) => string;
  /** Has a package count as installed. */
  readonly install: (name: string, version: string) => void;
  /** The environment that its programs run with. */
  readonly env: Readonly<Record<string, string>>;
  readonly versionOf: (name: string) => string;
  readonly pin: (text: string) => void;
}

export function anAptRoot(): AptRoot {
  const folder = aFolder();
  const config = join(folder, "apt.conf");
  for (const each of [
    "etc/apt/apt.conf.d",
    "etc/apt/preferences.d",
    "etc/apt/sources.list.d",
    "etc/apt/trusted.gpg.d",
    "var/lib/apt/lists/partial",
    "var/lib/dpkg/info",
    "var/lib/dpkg/updates",
    "var/lib/dpkg/triggers",
    "var/cache/apt/archives/partial",
    "var/log/apt",
  ])
    mkdirSync(join(folder, each), { recursive: true });
  writeFileSync(join(folder, "var/lib/dpkg/status"), "");
  writeFileSync(
    config,
    [
      `Dir "${folder}/";`,
      `Dir::State::status "${folder}/var/lib/dpkg/status";`,
      `Dir::Etc::Trusted "${folder}/none";`,
      'APT::Architecture "amd64";',
      'APT::Architectures { "amd64"; };',
      // The user that apt reads over the network as may not come into a folder of a test.
      'APT::Sandbox::User "root";',
      `DPkg::Options { "--root=${folder}"; "--force-not-root"; "--force-script-chrootless"; "--log=${folder}/var/log/dpkg.log"; };`,
      "",
    ].join("\n"),
  );
  const env = { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", APT_CONFIG: config, LC_ALL: "C" };
  const run = (program: string, ...args: string[]) => {
    const { status, stdout, stderr } = spawnSync(program, args, { encoding: "utf8", env });
    if (status !== 0) throw new Error(`${program} ${args.join(" ")}: ${stderr}`);
    return stdout;
  };
  const database = `--admindir=${join(folder, "var/lib/dpkg")}`;
  return {
    folder,
    config,
    source: (name, url, { keyring, suite = "bookworm" } = {}) => {
      const file = join(folder, "etc/apt/sources.list.d", `${name}.sources`);
      const trust = keyring === undefined ? "Trusted: yes" : `Signed-By: ${keyring}`;
      writeFileSync(file, `Types: deb\nURIs: ${url}\nSuites: ${suite}\nComponents: main\n${trust}\n`);
      return file;
    },
    run,
    env,
    install: (name, version) => {
      appendFileSync(
        join(folder, "var/lib/dpkg/status"),
        `Package: ${name}\nStatus: install ok installed\nPriority: optional\nSection: misc\nMaintainer: Kit <kit@example.com>\nArchitecture: all\nVersion: ${version}\nDescription: a test\n\n`,
      );
      writeFileSync(join(folder, "var/lib/dpkg/info", `${name}.list`), "/.\n");
    },
    versionOf: (name) => run("dpkg-query", database, "--show", "--showformat=${Version}", name),
    pin: (text) => writeFileSync(join(folder, "etc/apt/preferences.d/pin"), text),
  };
}
