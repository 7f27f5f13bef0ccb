import { existsSync } from "node:fs";
import { chmod } from "node:fs/promises";
import { homedir, userInfo } from "node:os";
import { join } from "node:path";
import { makeFolder, writeWhole } from "../lib/effects/files.ts";
import { allowedSignerLine } from "../lib/security/allowed-signers.ts";
import { makeKeyFile, readKeyFile } from "../lib/security/keys.ts";
import { namespaces } from "../lib/security/namespaces.ts";
import { findSigner, type Signer } from "../lib/security/signer.ts";

/** Who the person at this machine is, in allowed_signers and policy. */
export const principalHere = (): string => `${userInfo().username}@localhost`;

const operatorKey = (state: string): string => join(state, "keys", "operator");
const orchestratorKey = (state: string): string => join(state, "keys", "orchestrator");

/** The key that commands of this machine's person are signed with. */
export function signerHere(state: string, file?: string): Promise<Signer> {
  return findSigner({
    file,
    home: homedir(),
    authSock: process.env["SSH_AUTH_SOCK"],
    fallback: operatorKey(state),
  });
}

/**
 * Makes what is missing of keys and the trust folder: the person at this machine may do everything, the orchestrator may
 * say whose turn it is. What is there is left as it is.
 * @returns what was made
 */
export async function prepareTrust(state: string): Promise<string[]> {
  const made: string[] = [];
  const trust = join(state, "trust");
  await makeFolder(state, 0o700);
  await makeFolder(trust);
  // Whoever may write here decides who deploys.
  await chmod(trust, 0o755);
  const write = async (name: string, contents: string) => {
    const path = join(trust, name);
    if (existsSync(path)) return;
    await writeWhole(path, contents);
    made.push(path);
  };
  if (!existsSync(orchestratorKey(state))) {
    await makeKeyFile(orchestratorKey(state), "skein orchestrator");
    made.push(orchestratorKey(state));
  }
  const operator = await signerHere(state).catch(async () => {
    await makeKeyFile(operatorKey(state), principalHere());
    made.push(operatorKey(state));
    return signerHere(state);
  });
  const { publicKey } = await readKeyFile(`${orchestratorKey(state)}.pub`);
  const person = [namespaces.deploy, namespaces.access, namespaces.approve, namespaces.artifact];
  await write(
    "allowed_signers",
    `${allowedSignerLine(principalHere(), person, operator.publicKey)}\n${allowedSignerLine("orchestrator", [namespaces.go], publicKey)}\n`,
  );
  await write("policy.yaml", policyFor(principalHere()));
  return made;
}

const policyFor = (
  person: string,
): string => `# Who may do what to which app. What no rule allows is denied; one line that cannot be read denies everything.
rules:
  - who: ["${person}"]
    apps: ["*"]
    environments: ["*"]
    refs: ["refs/heads/*", "refs/tags/*"]
    kinds: [deploy, rollback, cancel]
  - who: ["${person}"]
    sites: ["*"]
    kinds: [grant, revoke]
  - who: [orchestrator]
    apps: ["*"]
    environments: ["*"]
    kinds: [go, revert, abort]
`;
