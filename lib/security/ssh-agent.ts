import { connect, type Socket } from "node:net";
import { Failure, reasonOf } from "../failure.ts";
import type { KeySignature } from "./key-types.ts";
import { type PublicKey, publicKeyFrom } from "./public-key.ts";
import { WireReader, wireString, wireUint32 } from "./ssh-wire.ts";
import { decodeKeySignature } from "./sshsig.ts";

/** Messages of draft-ietf-sshm-ssh-agent, section 6.1. */
const REQUEST_IDENTITIES = 11;
const IDENTITIES_ANSWER = 12;
const SIGN_REQUEST = 13;
const SIGN_RESPONSE = 14;

const MOST_BYTES = 256 * 1024;
const LIST_DEADLINE = 5_000;
/** Long: the agent may ask a person to confirm. */
const SIGN_DEADLINE = 60_000;

/**
 * The public keys that an ssh-agent holds (draft-ietf-sshm-ssh-agent section 4.4).
 * @throws {Failure} KEY_UNUSABLE
 */
export async function agentKeys(authSock: string): Promise<readonly PublicKey[]> {
  return await asking(authSock, "list its keys", async () => {
    const request = Buffer.of(REQUEST_IDENTITIES);
    const answer = await ask(authSock, request, IDENTITIES_ANSWER, LIST_DEADLINE);
    const keys = Array.from({ length: Math.min(answer.uint32(), 2_048) }, () => {
      const key = publicKeyFrom(answer.string());
      answer.string();
      return key;
    });
    answer.end();
    return keys;
  });
}

/**
 * Has an ssh-agent sign some bytes (draft-ietf-sshm-ssh-agent section 4.6).
 * @throws {Failure} KEY_UNUSABLE
 */
export async function agentSignature(authSock: string, key: PublicKey, bytes: Buffer): Promise<KeySignature> {
  return await asking(authSock, `sign with ${key.fingerprint}`, async () => {
    const fields = [wireString(key.blob), wireString(bytes), wireUint32(0)];
    const request = Buffer.concat([Buffer.of(SIGN_REQUEST), ...fields]);
    const answer = await ask(authSock, request, SIGN_RESPONSE, SIGN_DEADLINE);
    const signature = decodeKeySignature(answer.string());
    answer.end();
    return signature;
  });
}

async function asking<T>(authSock: string, what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw new Failure("KEY_UNUSABLE", `Cannot have ssh-agent ${authSock} ${what}: ${reasonOf(cause)}`, {
      cause,
    });
  }
}

async function ask(path: string, request: Buffer, wanted: number, milliseconds: number): Promise<WireReader> {
  const socket = connect({ path });
  const timer = setTimeout(
    () => socket.destroy(new Error(`no answer in ${milliseconds / 1_000} s`)),
    milliseconds,
  );
  try {
    socket.write(wireString(request));
    const answer = await answerFrom(socket);
    if (answer[0] !== wanted) throw new RangeError("it refused");
    return new WireReader(answer.subarray(1));
  } finally {
    clearTimeout(timer);
    socket.destroy();
  }
}

async function answerFrom(socket: Socket): Promise<Buffer> {
  let bytes = Buffer.alloc(0);
  for await (const chunk of socket as AsyncIterable<Buffer>) {
    bytes = Buffer.concat([bytes, chunk]);
    if (bytes.length < 4) continue;
    const length = bytes.readUInt32BE();
    if (length > MOST_BYTES) throw new RangeError("its answer is too large");
    if (bytes.length >= 4 + length) return bytes.subarray(4, 4 + length);
  }
  throw new RangeError("it hung up");
}
