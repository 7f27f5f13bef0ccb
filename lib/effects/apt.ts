import { Failure } from "../failure.ts";
import { exec, type Executed } from "./exec.ts";
import { kindOf } from "./files.ts";

/** What dpkg says of a package. */
export interface Installed {
  readonly version: string;
  readonly held: boolean;
}

/** The apt of this machine. */
export interface Apt {
  /** Refreshes the lists of one source, and leaves those of all others alone. @throws {Failure} see `troubleOf` */
  refresh(file: string, signal: AbortSignal): Promise<void>;
  /** Everything that is installed, by name. */
  installed(): Promise<ReadonlyMap<string, Installed>>;
  /** What `apt-cache policy` prints of packages. Their names are checked before. */
  policy(names: readonly string[]): Promise<string>;
  /**
   * Upgrades one package to a version: never installs a new one, never removes another, never goes back, and keeps changed
   * files of the configuration. Nothing ends it in the middle but its deadline.
   */
  upgrade(name: string, version: string): Promise<void>;
}

export interface AptOptions {
  /** A file of apt's configuration that stands for the machine's own: for a root of its own. */
  readonly config?: string | undefined;
  /** What stands before `apt-get` where root is needed. */
  readonly privilege: readonly string[];
  /** Milliseconds that an upgrade may take. */
  readonly timeout: number;
}

const DEADLINE = 60_000;
const DEADLINE_REFRESH = 300_000;

/**
 * Opens the apt of this machine.
 * @throws {Failure} APT_MISSING
 */
export async function openApt({ config, privilege, timeout }: AptOptions): Promise<Apt> {
  const env = {
    PATH: "/usr/sbin:/usr/bin:/sbin:/bin",
    LC_ALL: "C",
    DEBIAN_FRONTEND: "noninteractive",
    ...(config === undefined ? {} : { APT_CONFIG: config }),
  };
  const asUser = (program: string, args: readonly string[]) =>
    exec(program, args, { env, timeout: DEADLINE });
  const asRoot = (args: readonly string[], more: { timeout: number; signal?: AbortSignal }) => {
    const [program = "apt-get", ...words] = [...privilege, "apt-get", ...args];
    return exec(program, words, { env, ...more });
  };
  const database = await databaseOf(asUser);
  return {
    refresh: async (file, signal) => {
      // Apt takes a file that is not there for a source with nothing in it, and is content.
      if ((await kindOf(file)) === undefined)
        throw new Failure("APT_MISSING", `Cannot refresh the source ${file}: the file is not there`);
      insist(
        await asRoot(refreshing(file), { timeout: DEADLINE_REFRESH, signal }),
        `refresh the source ${file}`,
      );
    },
    installed: async () =>
      installedIn(
        insist(
          await asUser("dpkg-query", [
            `--admindir=${database}`,
            "--show",
            "--showformat=${Package}\\t${Version}\\t${db:Status-Want}\\t${db:Status-Status}\\n",
          ]),
          "list what is installed",
        ),
      ),
    policy: async (names) =>
      names.length === 0
        ? ""
        : insist(await asUser("apt-cache", ["policy", "--", ...names]), "ask apt for versions"),
    upgrade: async (name, version) =>
      void insist(await asRoot(upgrading(name, version), { timeout }), `upgrade ${name} to ${version}`),
  };
}

/** A targeted update. Without the third line, the lists of all other sources would be deleted; without the fourth, a server that is down or a wrong signature would be no error. */
const refreshing = (file: string): readonly string[] => [
  "update",
  ...["-o", `Dir::Etc::sourcelist=${file}`],
  ...["-o", "Dir::Etc::sourceparts=-"],
  ...["-o", "APT::Get::List-Cleanup=0"],
  ...["-o", "APT::Update::Error-Mode=any"],
  ...["-o", "Acquire::http::Timeout=20"],
  ...["-o", "Acquire::Retries=2"],
];

const upgrading = (name: string, version: string): readonly string[] => [
  "-y",
  ...["-o", "DPkg::Lock::Timeout=120"],
  ...["-o", "DPkg::Options::=--force-confold"],
  "--only-upgrade",
  "--no-remove",
  "install",
  "--",
  `${name}=${version}`,
];

/** Where dpkg keeps what is installed; also the first that is asked of apt: whether it is there. */
async function databaseOf(
  call: (program: string, args: readonly string[]) => Promise<Executed>,
): Promise<string> {
  try {
    const { stdout } = await call("apt-config", ["shell", "STATUS", "Dir::State::status/f"]);
    await Promise.all([call("apt-get", ["--version"]), call("dpkg-query", ["--version"])]);
    const status = /^STATUS='(\/[^']+)\/status'$/m.exec(stdout.toString("utf8"))?.[1];
    return status ?? "/var/lib/dpkg";
  } catch (cause) {
    throw new Failure("APT_MISSING", "Cannot watch packages: this host has no apt", { cause });
  }
}

function insist(executed: Executed, what: string): string {
  const { code, stdout, stderr, outcome } = executed;
  if (outcome === "ended" && code === 0) return stdout.toString("utf8");
  if (outcome !== "ended") throw new Failure("APT_FAILED", `Cannot ${what}: ${outcome}`, { transient: true });
  throw troubleOf(what, `${stderr}\n${stdout.toString("utf8")}`, code);
}

type Trouble = readonly [ConstructorParameters<typeof Failure>[0], boolean, RegExp];

/** What apt says, what it means, and whether it may pass by itself. The first that fits counts. */
const TROUBLES: readonly Trouble[] = [
  [
    "APT_FORBIDDEN",
    false,
    /Permission denied|are you root\?|a password is required|not allowed to execute|not in the sudoers/,
  ],
  ["APT_LOCKED", true, /Could not get lock|Unable to (lock|acquire the dpkg)/],
  [
    "ARCHIVE_SIGNATURE",
    false,
    /BADSIG|EXPKEYSIG|REVKEYSIG|NO_PUBKEY|signatures? (were|was|couldn't)|is not signed|not signed by|no longer signed|Clearsigned file isn't valid/,
  ],
  ["ARCHIVE_EXPIRED", false, /is expired \(invalid since|is not valid yet/],
  [
    "ARCHIVE_UNREACHABLE",
    true,
    /Failed to fetch|Could not (connect|resolve)|does not have a Release file|Hash Sum mismatch|unexpected size/,
  ],
];

/** What stood in apt's way. */
export function troubleOf(what: string, said: string, code: number): Failure {
  const lines = said.split("\n").filter((line) => /^(E|W|Err|sudo): ?/.test(line));
  const telling = TROUBLES.find(([, , pattern]) => pattern.test(said));
  const line =
    lines.find((each) => telling?.[2].test(each) === true && each.startsWith("E:")) ??
    lines[0] ??
    said.trim();
  const why = line.replace(/^(E|W): /, "").slice(0, 1_000) || `exit status ${code}`;
  return new Failure(telling?.[0] ?? "APT_FAILED", `Cannot ${what}: ${why}`, {
    transient: telling?.[1] ?? false,
  });
}

function installedIn(listed: string): ReadonlyMap<string, Installed> {
  const found = new Map<string, Installed>();
  for (const line of listed.split("\n")) {
    const [name = "", version = "", want, status] = line.split("\t");
    if (status === "installed") found.set(name, { version, held: want === "hold" });
  }
  return found;
}
