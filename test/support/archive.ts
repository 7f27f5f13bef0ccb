import { execFileSync, spawnSync } from "node:child_process";
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { aFolder } from "./folder.ts";

interface PackageOptions {
  readonly architecture?: string;
  /** More lines of its control file; `Section` and `Priority` are there where this is left out. */
  readonly control?: string;
  readonly into?: string;
}

/** Makes the file of a package, and gives its path. */
export function aPackage(
  folder: string,
  name: string,
  version: string,
  options: PackageOptions = {},
): string {
  const { architecture = "all", control = "Section: misc\nPriority: optional\n", into = folder } = options;
  const tree = mkdtempSync(join(folder, "tree-"));
  mkdirSync(join(tree, "DEBIAN"));
  writeFileSync(
    join(tree, "DEBIAN", "control"),
    `Package: ${name}\nVersion: ${version}\nArchitecture: ${architecture}\nMaintainer: Kit <kit@example.com>\n${control}Description: a test\n`,
  );
  const file = join(into, `${name}_${version.replace(/^\d+:/, "")}_${architecture}.deb`);
  execFileSync("dpkg-deb", ["--root-owner-group", "--build", tree, file], { stdio: "ignore" });
  return file;
}

/** A key that archives are signed with, in a home of gpg of its own, which ends with the test. */
export interface SigningKey {
  readonly home: string;
  readonly fingerprint: string;
  /** The file of its public part. */
  readonly keyring: string;
  readonly sign: (text: string) => string;
}

export function aSigningKey(): SigningKey {
  // A socket in it must not have too long a path.
  const home = mkdtempSync(join(tmpdir(), "skein-gpg-"));
  onTestFinished(() => {
    spawnSync("gpgconf", ["--homedir", home, "--kill", "all"]);
    execFileSync("rm", ["-rf", home]);
  });
  const gpg = (args: readonly string[], input = "") =>
    execFileSync("gpg", ["--homedir", home, "--batch", "--quiet", ...args], {
      input,
      stdio: ["pipe", "pipe", "ignore"],
    });
  gpg(["--passphrase", "", "--quick-gen-key", "Lab <lab@example.com>", "ed25519", "sign", "never"]);
  const keyring = join(home, "lab.gpg");
  writeFileSync(keyring, gpg(["--export"]));
  const listed = gpg(["--list-keys", "--with-colons"]).toString();
  const fingerprint = /^fpr:+([0-9A-F]{40}):/m.exec(listed)?.[1] ?? "";
  return { home, fingerprint, keyring, sign: (text) => gpg(["--clearsign"], text).toString() };
}

/** A real archive, kept by reprepro. */
export interface TestArchive {
  readonly base: string;
  readonly folder: string;
  readonly key: SigningKey | undefined;
  /** Runs reprepro as a person does. */
  readonly reprepro: (...args: string[]) => { readonly status: number | null; readonly stderr: string };
  /** Makes a package and takes it in. */
  readonly publish: (name: string, version: string, options?: PackageOptions) => string;
  readonly conf: (file: string) => string;
}

export function anArchive({
  signed = false,
  distributions = ["bookworm"],
  architectures = "amd64",
  more = "",
}: {
  readonly signed?: boolean;
  readonly distributions?: readonly string[];
  readonly architectures?: string;
  readonly more?: string;
} = {}): TestArchive {
  const folder = aFolder();
  const base = join(folder, "repo");
  mkdirSync(join(base, "conf"), { recursive: true });
  const key = signed ? aSigningKey() : undefined;
  for (const codename of distributions)
    appendFileSync(
      join(base, "conf", "distributions"),
      `Codename: ${codename}\nComponents: main\nArchitectures: ${architectures} source\n${more}${key === undefined ? "" : `SignWith: ${key.fingerprint}\n`}\n`,
    );
  const env = {
    PATH: process.env["PATH"] ?? "",
    HOME: folder,
    ...(key === undefined ? {} : { GNUPGHOME: key.home }),
  };
  const reprepro = (...args: string[]) => {
    const { status, stderr } = spawnSync("reprepro", ["-b", base, ...args], { env, encoding: "utf8" });
    return { status, stderr };
  };
  return {
    base,
    folder,
    key,
    reprepro,
    publish: (name, version, options) => {
      const file = aPackage(folder, name, version, options);
      const { status, stderr } = reprepro("includedeb", distributions[0] ?? "", file);
      if (status !== 0) throw new Error(stderr);
      return file;
    },
    conf: (file) => readFileSync(join(base, "conf", file), "utf8"),
  };
}
