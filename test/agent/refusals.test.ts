import { chmodSync, existsSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { hostName, type Revision } from "../../lib/schema/names.ts";
import { aSigner, flipped, revisionOf, sealed } from "../lib/security/builders.ts";
import {
  aHost,
  authorise,
  handOver,
  type Host,
  HOST,
  last,
  operator,
  order,
  typesOf,
} from "./support/host.ts";

let host: Host;
let revision: Revision;
beforeEach(async () => {
  host = await aHost();
  revision = host.origin.commit({ page: "x" });
});
afterEach(() => host.close());

const seconds = () => Math.floor(Date.now() / 1_000);
const nothingHappened = () => (existsSync(host.layout.releases) ? readdirSync(host.layout.releases) : []);
const trustFile = (name: string) => join(host.folder, "state", "trust", name);

test.each<[string, string, () => Readonly<Record<string, unknown>>]>([
  [
    "E_EXPIRED",
    "a command that is too old",
    () => ({ iat: seconds() - 600, exp: seconds() - 300, seq: (seconds() - 600) * 1_000 }),
  ],
  ["E_FUTURE", "a command from the future", () => ({ iat: seconds() + 600, exp: seconds() + 700 })],
  ["E_TTL", "a command that is valid for too long", () => ({ exp: seconds() + 2_000 })],
  ["APP_UNKNOWN", "an app that is not carried", () => ({ app: "blog" })],
  ["APP_UNKNOWN", "another environment", () => ({ environment: "staging" })],
  ["E_PRECONDITION", "what expects something else to be live", () => ({ expect: { web1: revisionOf("a") } })],
  [
    "E_REF",
    "a revision that nobody pushed",
    () => ({ release: { type: "git", commit: revisionOf("d"), ref: "refs/heads/main" } }),
  ],
])("%s: %s is refused, and nothing is done", async (code, _what, given) => {
  const { prepared } = await host.deploy(revision, given());
  expect(last(prepared, "deploy.refused")).toMatchObject({ code, host: HOST });
  expect(typesOf(prepared)).toEqual(["deploy.refused"]);
  expect(nothingHappened()).toEqual([]);
});

test("E_KEY: a key that nobody knows is refused", async () => {
  const said = await host.send("deploy.authorised", authorise(revision), aSigner());
  expect(last(said, "deploy.refused")?.code).toBe("E_KEY");
});

test("E_KEY: the orchestrator cannot authorise, and a person cannot give the turn", async () => {
  const command = authorise(revision);
  expect(last(await host.send("deploy.authorised", command, aSigner()), "deploy.refused")?.code).toBe(
    "E_KEY",
  );
  await host.send("deploy.authorised", command);
  expect(last(await host.send("deploy.go", order("go", command), operator), "deploy.refused")?.code).toBe(
    "E_KEY",
  );
});

test("E_SIG: a byte that was changed is refused", async () => {
  const command = authorise(revision);
  const envelope = await sealed(command, operator);
  const payload = flipped(Buffer.from(envelope.payload, "base64"), 80).toString("base64");
  const said = await handOver(
    "deploy.authorised",
    { host: HOST, rollout: command.id, command: { ...envelope, payload } },
    host.here,
  );
  expect(last(said, "deploy.refused")?.code).toBe("E_SIG");
});

test("E_PARSE: a message that names another rollout than the command in it is refused", async () => {
  const command = authorise(revision);
  const data = { host: HOST, rollout: authorise(revision).id, command: await sealed(command, operator) };
  expect(last(await handOver("deploy.authorised", data, host.here), "deploy.refused")).toMatchObject({
    code: "E_PARSE",
    rollout: data.rollout,
  });
});

test("E_POLICY: what the policy does not allow is refused", async () => {
  writeFileSync(trustFile("policy.yaml"), "rules: []\n");
  expect(last((await host.deploy(revision)).prepared, "deploy.refused")?.code).toBe("E_POLICY");
});

test("E_REF: a revision that only a ref has that the policy does not allow is refused", async () => {
  writeFileSync(
    trustFile("policy.yaml"),
    `rules: [{who: ["*"], apps: ["*"], environments: ["*"], refs: ["refs/tags/*"], kinds: [deploy]}]\n`,
  );
  const release = { type: "git", commit: revision, ref: "refs/tags/v1" };
  expect(last((await host.deploy(revision, { release })).prepared, "deploy.refused")?.code).toBe("E_REF");
  const tagged = host.origin.commit({ page: "y" }, "v2");
  const said = await host.deploy(tagged, { release: { type: "git", commit: tagged, ref: "refs/tags/v2" } });
  expect(typesOf(said.prepared)).toContain("deploy.prepared");
});

test("TRUST_FILE: a trust folder that others may write to is believed by nobody", async () => {
  chmodSync(trustFile("policy.yaml"), 0o666);
  expect(last((await host.deploy(revision)).prepared, "deploy.refused")?.code).toBe("TRUST_FILE");
});

test("E_OLD: a command that is older than the last one is refused", async () => {
  const [older, newer] = [authorise(revision), authorise(revision)];
  await host.send("deploy.authorised", newer);
  await host.send("deploy.cancelled", order("abort", newer));
  expect(last(await host.send("deploy.authorised", older), "deploy.refused")?.code).toBe("E_OLD");
});

test("E_LOCKED: while another rollout waits for its turn, its holder is named", async () => {
  await host.send("deploy.authorised", authorise(revision));
  const refused = last((await host.deploy(revision)).prepared, "deploy.refused");
  expect(refused?.code).toBe("E_LOCKED");
  expect(refused?.reason).toContain("alice@example.com");
});

test("a command for other hosts is ignored without a word", async () => {
  const command = authorise(revision, { hosts: ["web2"] });
  const data = { host: HOST, rollout: command.id, command: await sealed(command, operator) };
  expect(await handOver("deploy.authorised", data, host.here)).toEqual([]);
  expect(await handOver("deploy.authorised", { ...data, host: hostName.parse("web2") }, host.here)).toEqual(
    [],
  );
  expect(host.logged).toEqual([]);
});

test("a repeat of what was refused gets the same answer, and a flood of refusals one line", async () => {
  const signer = aSigner();
  const command = authorise(revision);
  const data = { host: HOST, rollout: command.id, command: await sealed(command, signer) };
  const first = await handOver("deploy.authorised", data, host.here);
  expect(await handOver("deploy.authorised", data, host.here)).toEqual(first);
  for (let time = 0; time < 20; time += 1) await host.send("deploy.authorised", authorise(revision), signer);
  expect(host.logged.filter(({ level }) => level === "warn")).toHaveLength(1);
});

test("E_STORAGE: where the journal cannot be read nothing is run, but the host still answers", async () => {
  await host.deploy(revision);
  await host.leave();
  writeFileSync(host.layout.journal, "not a line\n");
  const again = await aHost({ after: host });
  const { prepared } = await again.deploy(host.origin.commit({ page: "y" }));
  expect(last(prepared, "deploy.refused")?.code).toBe("E_STORAGE");
  expect(last(await again.reconcile(), "host.alive")?.apps[0]?.live?.revision).toBe(revision);
  await again.leave();
});

test("a commit that only a fork has is refused", async () => {
  rmSync(join(host.origin.url, ".git", "refs", "heads", "main"));
  expect(last((await host.deploy(revision)).prepared, "deploy.refused")?.code).toBe("E_REF");
});
