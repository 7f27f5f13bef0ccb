import { type KeyObject, sign } from "node:crypto";
import { join } from "node:path";
import { Failure, reasonOf } from "../failure.ts";
import { ED25519 } from "./key-types.ts";
import { readKeyFile } from "./keys.ts";
import type { PublicKey } from "./public-key.ts";
import { agentKeys, agentSignature } from "./ssh-agent.ts";
import { bytesToSign, encodeSshsig } from "./sshsig.ts";

/** Whatever can sign with one key. */
export interface Signer {
  readonly publicKey: PublicKey;
  readonly fingerprint: string;
  /** Where the key is, for people. */
  readonly origin: string;
  /** Signs for one purpose, and gives the SSHSIG blob. */
  readonly sign: (bytes: Buffer, namespace: string) => Promise<Buffer>;
}

interface Places {
  /** The key file that a person named. */
  readonly file?: string | undefined;
  readonly home: string;
  /** The socket of ssh-agent. */
  readonly authSock?: string | undefined;
  /** The key file that Skein made, where the person has none. */
  readonly fallback: string;
}

/**
 * Finds the key to sign with: the named file, else the person's own ed25519 key, else the first one in ssh-agent,
 * else the fallback. An encrypted file counts where ssh-agent holds its key.
 * @throws {Failure} KEY_UNUSABLE
 */
export async function findSigner({ file, home, authSock, fallback }: Places): Promise<Signer> {
  if (file !== undefined) return await fileSigner(file, authSock);
  const attempts = [
    () => fileSigner(join(home, ".ssh", "id_ed25519"), authSock),
    () => agentSigner(authSock),
    () => fileSigner(fallback, authSock),
  ];
  const tried: string[] = [];
  for (const attempt of attempts) {
    try {
      return await attempt();
    } catch (error) {
      tried.push(reasonOf(error));
    }
  }
  throw new Failure("KEY_UNUSABLE", `Cannot find a key to sign with: ${tried.join("; ")}`);
}

/**
 * Signs with a key file of OpenSSH, or through ssh-agent where the file is encrypted.
 * @throws {Failure} KEY_UNUSABLE
 */
export async function fileSigner(path: string, authSock?: string): Promise<Signer> {
  const { publicKey, privateKey } = await readKeyFile(path);
  if (privateKey !== undefined) return signerWith(publicKey, path, ofFile(privateKey));
  const advice = `Cannot use the key ${path}: it is encrypted; load it with \`ssh-add ${path}\``;
  return await agentSigner(authSock, publicKey).catch((cause: unknown) => {
    throw new Failure("KEY_UNUSABLE", `${advice} (${reasonOf(cause)})`, { cause });
  });
}

/**
 * Signs through ssh-agent: with the given key, or else with its first ed25519 key.
 * @throws {Failure} KEY_UNUSABLE
 */
export async function agentSigner(authSock: string | undefined, wanted?: PublicKey): Promise<Signer> {
  if (authSock === undefined)
    throw new Failure("KEY_UNUSABLE", "Cannot use ssh-agent: SSH_AUTH_SOCK is not set");
  const usable = (await agentKeys(authSock)).filter(({ type }) => type === ED25519);
  const key = usable.find(({ blob }) => wanted === undefined || wanted.blob.equals(blob));
  if (key === undefined)
    throw new Failure("KEY_UNUSABLE", `Cannot use ssh-agent ${authSock}: it does not hold such a key`);
  return signerWith(key, "ssh-agent", (bytes) => agentSignature(authSock, key, bytes));
}

type MakeSignature = (bytes: Buffer) => ReturnType<typeof agentSignature>;

const ofFile =
  (key: KeyObject): MakeSignature =>
  (bytes) =>
    Promise.resolve({ type: ED25519, bytes: sign(null, bytes, key) });

function signerWith(publicKey: PublicKey, origin: string, make: MakeSignature): Signer {
  return {
    publicKey,
    fingerprint: publicKey.fingerprint,
    origin,
    sign: async (bytes, namespace) =>
      encodeSshsig(publicKey, namespace, await make(bytesToSign(bytes, namespace))),
  };
}
