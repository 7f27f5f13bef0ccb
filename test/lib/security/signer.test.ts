import { mkdirSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { makeKeyFile, readKeyFile } from "../../../lib/security/keys.ts";
import { agentSigner, fileSigner, findSigner } from "../../../lib/security/signer.ts";
import { agentKeys } from "../../../lib/security/ssh-agent.ts";
import { decodeSshsig, sshsigFits } from "../../../lib/security/sshsig.ts";
import { aKeyFile, anAgentWith, opensshMissing, sshKeygen, temporaryFolder } from "./openssh.ts";

const MESSAGE = Buffer.from("what is signed");
const nowhere = () => {
  const home = temporaryFolder();
  return { home, fallback: join(home, "state", "key") };
};

async function aHome() {
  const places = nowhere();
  mkdirSync(join(places.home, ".ssh"));
  return { ...places, own: join(places.home, ".ssh", "id_ed25519") };
}

describe.skipIf(opensshMissing)("through ssh-agent", () => {
  test("the agent's keys are listed, and it signs", async () => {
    const path = aKeyFile(temporaryFolder());
    const authSock = await anAgentWith(aKeyFile(temporaryFolder(), { type: "ecdsa" }), path);
    expect((await agentKeys(authSock)).map(({ type }) => type)).toEqual([
      "ecdsa-sha2-nistp256",
      "ssh-ed25519",
    ]);

    const signer = await agentSigner(authSock);
    expect(signer).toMatchObject({ origin: "ssh-agent", publicKey: (await readKeyFile(path)).publicKey });
    const sshsig = decodeSshsig(await signer.sign(MESSAGE, "deploy@skein"));
    expect(sshsigFits(sshsig, MESSAGE, "deploy@skein")).toBe(true);
  });

  test("an encrypted file is signed with by the agent that holds its key", async () => {
    const path = aKeyFile(temporaryFolder(), { passphrase: "a secret" });
    await expect(fileSigner(path)).rejects.toThrow(`ssh-add ${path}`);

    const other = aKeyFile(temporaryFolder());
    await expect(fileSigner(path, await anAgentWith(other))).rejects.toThrow("it does not hold such a key");

    const encrypted = (await readKeyFile(path)).publicKey;
    sshKeygen(["-p", "-q", "-P", "a secret", "-N", "", "-f", path]);
    const authSock = await anAgentWith(other, path);
    sshKeygen(["-p", "-q", "-P", "", "-N", "a secret", "-f", path]);
    expect(await fileSigner(path, authSock)).toMatchObject({ origin: "ssh-agent", publicKey: encrypted });
  });

  test("the agent is asked where the person has no key file", async () => {
    const authSock = await anAgentWith(aKeyFile(temporaryFolder()));
    expect(await findSigner({ ...nowhere(), authSock })).toMatchObject({ origin: "ssh-agent" });
  });
});

test("the named file comes first, then the person's own, then the fallback", async () => {
  const { own, home, fallback } = await aHome();
  const file = join(home, "named");
  await makeKeyFile(fallback, "");
  expect(await findSigner({ home, fallback })).toMatchObject({ origin: fallback });
  await makeKeyFile(own, "");
  expect(await findSigner({ home, fallback })).toMatchObject({ origin: own });
  await makeKeyFile(file, "");
  expect(await findSigner({ file, home, fallback })).toMatchObject({ origin: file });
});

test("a named file that cannot be used is not passed over", async () => {
  const { own, home, fallback } = await aHome();
  await makeKeyFile(own, "");
  const missing = findSigner({ file: join(home, "named"), home, fallback });
  await expect(missing).rejects.toThrow(/^Cannot use the key .*named: ENOENT/);
});

test("where nothing is found, all that was tried is listed", async () => {
  const { home, fallback } = nowhere();
  const failure = findSigner({ home, fallback, authSock: join(home, "no-agent") });
  await expect(failure).rejects.toMatchObject({ code: "KEY_UNUSABLE" });
  await expect(failure).rejects.toThrow(
    /id_ed25519: ENOENT.*no-agent list its keys: .*ENOENT.*state\/key: ENOENT/,
  );
});

test.each([
  ["hangs up", Buffer.alloc(0)],
  ["refuses", Buffer.of(0, 0, 0, 1, 5)],
  ["answers with too much", Buffer.of(0xff, 0xff, 0xff, 0xff)],
  ["answers with less than it says", Buffer.of(0, 0, 0, 9, 12, 0, 0, 0, 1, 0, 0, 0, 200)],
  ["answers with more than it says", Buffer.of(0, 0, 0, 6, 12, 0, 0, 0, 0, 7)],
])("an agent that %s is refused", async (_what, answer) => {
  const authSock = join(temporaryFolder(), "agent");
  const server = createServer((socket) => void socket.on("data", () => socket.end(answer)));
  await new Promise<void>((resolve) => void server.listen(authSock, resolve));
  onTestFinished(() => void server.close());
  await expect(agentSigner(authSock)).rejects.toMatchObject({ code: "KEY_UNUSABLE" });
});
