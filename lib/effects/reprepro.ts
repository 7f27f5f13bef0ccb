import { userInfo } from "node:os";
import { Failure } from "../failure.ts";
import { exec, type Executed } from "./exec.ts";

/** One package of a distribution, as reprepro lists it. */
export interface Listed {
  readonly component: string;
  readonly architecture: string;
  readonly package: string;
  readonly version: string;
}

/** An archive that reprepro keeps. */
export interface Reprepro {
  /** What is there of a package in a distribution. @throws {Failure} COMMAND_FAILED, or APT_LOCKED, transient */
  list(distribution: string, name: string): Promise<readonly Listed[]>;
  /**
   * Takes the file of a package into a distribution, and exports it. A file that is there already is skipped, which is no error.
   * @returns what reprepro said
   * @throws {Failure} PACKAGE_REFUSED; APT_LOCKED, transient, where another one works on the archive or the disk is full
   */
  include(distribution: string, file: string): Promise<string>;
}

/** Exit statuses of reprepro count down from 256 by errno: EEXIST, of its lock file, and ENOSPC. */
const TRANSIENT: Readonly<Record<number, RegExp>> = { 239: /lock file/, 228: /./ };

interface RepreproOptions {
  readonly base: string;
  /** Where gpg finds the keys that archives are signed with. */
  readonly gnupgHome?: string | undefined;
  readonly timeout: number;
}

/** Opens an archive. Nothing is inherited but the home of this user, where gpg looks for keys. */
export function openReprepro({ base, gnupgHome, timeout }: RepreproOptions): Reprepro {
  const env = {
    PATH: "/usr/local/bin:/usr/bin:/bin",
    HOME: userInfo().homedir,
    LC_ALL: "C.UTF-8",
    // Whoever takes a package in announces it: the notifier of the archive need not.
    SKEIN_ANNOUNCES: "1",
    ...(gnupgHome === undefined ? {} : { GNUPGHOME: gnupgHome }),
  };
  const call = (...args: readonly string[]) => exec("reprepro", args, { env, timeout });
  return {
    list: async (distribution, name) => {
      const executed = await call("-b", base, "list", distribution, name);
      if (executed.code !== 0) throw failed(`list ${name} in ${distribution}`, executed, "COMMAND_FAILED");
      return executed.stdout.toString("utf8").split("\n").flatMap(listedIn);
    },
    include: async (distribution, file) => {
      const executed = await call("-Vb", base, "includedeb", distribution, file);
      if (executed.code !== 0) throw failed(`take ${file} into ${distribution}`, executed, "PACKAGE_REFUSED");
      return executed.stderr;
    },
  };
}

function failed(
  what: string,
  { code, stderr, outcome }: Executed,
  permanent: "COMMAND_FAILED" | "PACKAGE_REFUSED",
): Failure {
  const transient = outcome !== "ended" || TRANSIENT[code]?.test(stderr) === true;
  const why = outcome === "ended" ? stderr || `exit status ${code}` : outcome;
  return new Failure(transient ? "APT_LOCKED" : permanent, `Cannot ${what}: ${why}`, { transient });
}

/** `bookworm|main|amd64: hello 1.0` */
function listedIn(line: string): Listed[] {
  const [, component, architecture, name, version] =
    /^[^|]+\|([^|]+)\|([^|:]+): (\S+) (\S+)$/.exec(line) ?? [];
  if (component === undefined || architecture === undefined || name === undefined || version === undefined)
    return [];
  return [{ component, architecture, package: name, version }];
}

/** What a package's file says of itself. */
export interface Control {
  readonly package: string;
  readonly version: string;
}

/**
 * Reads the file of a package.
 * @throws {Failure} PACKAGE_REFUSED where it is none
 */
export async function readControl(file: string): Promise<Control> {
  const { code, stdout, stderr } = await exec("dpkg-deb", ["--field", file, "Package", "Version"], {
    env: { PATH: "/usr/bin:/bin", LC_ALL: "C.UTF-8" },
    timeout: 60_000,
    most: 4_096,
  });
  const said = stdout.toString("utf8");
  const [, name] = /^Package: (\S+)$/m.exec(said) ?? [];
  const [, version] = /^Version: (\S+)$/m.exec(said) ?? [];
  if (code === 0 && name !== undefined && version !== undefined) return { package: name, version };
  throw new Failure("PACKAGE_REFUSED", `Cannot read ${file}: ${stderr || "it says no name and version"}`);
}
