import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { onTestFinished } from "vitest";

/** Whether OpenSSH is here to agree with; says so where it is not, so that no test is left out silently. */
export const opensshMissing = spawnSync("ssh-keygen", ["-?"]).error !== undefined;
if (opensshMissing) process.stderr.write("skipped: tests against OpenSSH, for ssh-keygen is not installed\n");

/** A folder that is gone after the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "skein-security-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Runs ssh-keygen and tells how it ended. */
export function sshKeygen(args: readonly string[], input: Buffer | string = "") {
  const { status, stdout, stderr } = spawnSync("ssh-keygen", args, { input });
  return { status, stdout: stdout.toString(), stderr: stderr.toString() };
}

/** A key file as ssh-keygen makes it. */
export function aKeyFile(folder: string, { type = "ed25519", passphrase = "", name = "id" } = {}): string {
  const path = join(folder, name);
  const size = type === "rsa" ? ["-b", "2048"] : [];
  const { status, stderr } = sshKeygen([
    "-q",
    "-t",
    type,
    ...size,
    "-N",
    passphrase,
    "-C",
    "alice",
    "-f",
    path,
  ]);
  if (status !== 0) throw new Error(stderr);
  return path;
}

/** PROTOCOL.sshsig, "Armored format". */
export function armoured(blob: Buffer): string {
  const lines = blob.toString("base64").match(/.{1,70}/g) ?? [];
  return ["-----BEGIN SSH SIGNATURE-----", ...lines, "-----END SSH SIGNATURE-----", ""].join("\n");
}

/** The blob that is in an armoured signature. */
export const unarmoured = (text: string): Buffer =>
  Buffer.from(text.replace(/-----[^-]+-----/g, ""), "base64");

/** A signature made by ssh-keygen. */
export function signedByKeygen(key: string, namespace: string, message: Buffer): Buffer {
  const { status, stdout, stderr } = sshKeygen(["-Y", "sign", "-n", namespace, "-f", key], message);
  if (status !== 0) throw new Error(stderr);
  return unarmoured(stdout);
}

/** Whether ssh-keygen accepts a signature of `alice` with this public key. */
export function keygenAccepts(line: string, namespace: string, message: Buffer, blob: Buffer): boolean {
  const folder = temporaryFolder();
  const [signers, signature] = [join(folder, "allowed_signers"), join(folder, "sig")];
  writeFileSync(signers, `alice ${line}\n`);
  writeFileSync(signature, armoured(blob));
  const args = ["-Y", "verify", "-f", signers, "-I", "alice", "-n", namespace, "-s", signature];
  return sshKeygen(args, message).status === 0;
}

/** A real ssh-agent that holds the given key files; ends with the test. */
export async function anAgentWith(...keys: readonly string[]): Promise<string> {
  const socket = join(temporaryFolder(), "agent");
  const agent: ChildProcess = spawn("ssh-agent", ["-D", "-a", socket], { stdio: "ignore" });
  onTestFinished(async () => {
    if (agent.kill()) await once(agent, "exit");
  });
  while (!existsSync(socket)) await sleep(5);
  for (const key of keys)
    spawnSync("ssh-add", ["-q", key], { env: { ...process.env, SSH_AUTH_SOCK: socket } });
  return socket;
}
