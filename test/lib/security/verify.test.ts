import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Code } from "../../../lib/codes.ts";
import { Failure } from "../../../lib/failure.ts";
import type { HostName } from "../../../lib/schema/names.ts";
import type { SignedEnvelope } from "../../../lib/schema/signed-envelope.ts";
import { admissionChecks } from "../../../lib/security/admission.ts";
import { allowedSignerLine, parseAllowedSigners } from "../../../lib/security/allowed-signers.ts";
import { COMMAND_TYPE, digestOf, encodeCommand, newCommandId } from "../../../lib/security/command.ts";
import { countersign, payloadOf, seal } from "../../../lib/security/envelope.ts";
import { signatureChecks } from "../../../lib/security/open-envelope.ts";
import type { Trust } from "../../../lib/security/trust.ts";
import { commandChecks, verifyCommand } from "../../../lib/security/verify.ts";
import {
  aDeploy,
  after,
  anOrder,
  aSigner,
  flipped,
  host,
  NOON,
  NOTHING_YET,
  sealed,
  trustIn,
} from "./builders.ts";

const alice = aSigner();
const bob = aSigner();
const TRUST = trustIn({ "alice@x": alice, "bob@x": bob });

interface Given {
  readonly trust?: Trust;
  readonly host?: HostName | null;
  readonly now?: Date;
  readonly memory?: Partial<typeof NOTHING_YET>;
}

const verdictOn = (received: unknown, { trust = TRUST, memory, now = NOON, ...given }: Given = {}) =>
  verifyCommand(received, {
    trust: { current: () => trust },
    host: given.host === undefined ? host("web1") : given.host,
    now,
    replay: { ...NOTHING_YET, ...memory },
  });

const withSignature = (envelope: SignedEnvelope, change: (sig: Buffer) => Buffer): SignedEnvelope => ({
  ...envelope,
  signatures: envelope.signatures.map(({ keyid, sig }) => ({
    keyid,
    sig: change(Buffer.from(sig, "base64")).toString("base64"),
  })),
});

test("the questions are put in this order", () => {
  expect(
    [...signatureChecks, ...commandChecks, ...admissionChecks].map(({ name, code }) => `${name} ${code}`),
  ).toEqual([
    "purpose E_KEY",
    "key E_KEY",
    "revocation E_REVOKED",
    "signature E_SIG",
    "purpose E_KEY",
    "life E_TTL",
    "issue E_FUTURE",
    "expiry E_EXPIRED",
    "clock E_CLOCK",
    "replay E_REPLAY",
    "order E_OLD",
    "policy E_POLICY",
    "lock E_LOCKED",
    "expectation E_PRECONDITION",
    "reachability E_REF",
  ]);
});

test("a command that passes tells what is asked, by whom, and its digest", async () => {
  const command = aDeploy();
  expect(verdictOn(await sealed(command, alice))).toEqual({
    verdict: "accepted",
    command,
    principal: "alice@x",
    fingerprint: alice.fingerprint,
    approvals: [],
    digest: digestOf(encodeCommand(command)),
  });
});

test("a command is accepted as bytes as it is from a message", async () => {
  const envelope = await sealed(anOrder(), alice);
  expect(verdictOn(Buffer.from(JSON.stringify(envelope)))).toEqual(verdictOn(envelope));
});

test("whoever signs to approve is named, once, and never the one who asks", async () => {
  let envelope = await sealed(aDeploy(), alice);
  for (const each of [bob, bob, alice]) envelope = await countersign(envelope, "approve@skein", each);
  expect(verdictOn(envelope)).toMatchObject({ principal: "alice@x", approvals: ["bob@x"] });
});

describe("each check refuses with its code", () => {
  const carol = aSigner();
  const onlyGo = parseAllowedSigners(allowedSignerLine("orchestrator", ["go@skein"], alice.publicKey), "f");

  test.each<[Code, string, () => Promise<unknown>, Given?]>([
    ["E_PARSE", "no envelope", async () => "text"],
    [
      "E_PARSE",
      "a payload that is not base64",
      async () => ({ ...(await sealed(aDeploy(), alice)), payload: "YR==" }),
    ],
    ["E_TYPE", "another type", () => seal(encodeCommand(aDeploy()), "text/plain", "deploy@skein", alice)],
    ["E_SIG_FORMAT", "no signature", async () => ({ ...(await sealed(aDeploy(), alice)), signatures: [] })],
    [
      "E_SIG_FORMAT",
      "half a signature",
      async () => withSignature(await sealed(aDeploy(), alice), (sig) => sig.subarray(9)),
    ],
    [
      "E_SIG_FORMAT",
      "two who ask",
      async () => countersign(await sealed(aDeploy(), alice), "deploy@skein", bob),
    ],
    [
      "E_SIG_FORMAT",
      "nobody who asks",
      () => seal(encodeCommand(aDeploy()), COMMAND_TYPE, "approve@skein", alice),
    ],
    ["E_KEY", "an unknown key", () => sealed(aDeploy(), carol)],
    [
      "E_KEY",
      "an unknown key that approves",
      async () => countersign(await sealed(aDeploy(), alice), "approve@skein", carol),
    ],
    [
      "E_KEY",
      "a key for another purpose",
      () => sealed(aDeploy(), alice),
      { trust: { ...TRUST, signers: onlyGo } },
    ],
    ["E_KEY", "a reply", () => seal(encodeCommand(aDeploy()), COMMAND_TYPE, "reply@skein", alice)],
    [
      "E_KEY",
      "a deploy signed as an order",
      () => seal(encodeCommand(aDeploy()), COMMAND_TYPE, "go@skein", alice),
    ],
    [
      "E_KEY",
      "an order signed as a deploy",
      () => seal(encodeCommand(anOrder()), COMMAND_TYPE, "deploy@skein", alice),
    ],
    [
      "E_REVOKED",
      "a revoked key",
      () => sealed(aDeploy(), alice),
      { trust: { ...TRUST, revoked: new Set([alice.fingerprint]) } },
    ],
    [
      "E_SIG",
      "other bytes",
      async () => ({
        ...(await sealed(aDeploy(), alice)),
        payload: encodeCommand(aDeploy()).toString("base64"),
      }),
    ],
    [
      "E_PARSE",
      "a command that cannot be read",
      () => seal(Buffer.from("{}"), COMMAND_TYPE, "deploy@skein", alice),
    ],
    ["E_TTL", "too long a life", () => sealed(aDeploy({ exp: aDeploy().iat + 901 }), alice)],
    ["E_TTL", "a life that ends before it begins", () => sealed(anOrder({ exp: aDeploy().iat - 1 }), alice)],
    ["E_TTL", "too long a wait", () => sealed(aDeploy({ until: aDeploy().iat + 31 * 86_400 }), alice)],
    ["E_TTL", "a wait that ends before its life", () => sealed(aDeploy({ until: aDeploy().exp - 1 }), alice)],
    ["E_FUTURE", "a command of tomorrow", () => sealed(aDeploy(), alice), { now: after(-31) }],
    ["E_EXPIRED", "a command of yesterday", () => sealed(aDeploy(), alice), { now: after(300.001) }],
    [
      "E_EXPIRED",
      "a command whose wait is over",
      () => sealed(aDeploy({ until: aDeploy().iat + 3_600 }), alice),
      { now: after(3_601) },
    ],
    [
      "E_CLOCK",
      "a clock set back",
      () => sealed(aDeploy(), alice),
      { memory: { highWater: after(61).getTime() } },
    ],
    [
      "E_REPLAY",
      "a repeat",
      () => sealed(aDeploy(), alice),
      { memory: { recall: () => ({ state: "begun" }) } },
    ],
    [
      "E_OLD",
      "an older command",
      () => sealed(aDeploy(), alice),
      { memory: { latest: () => NOON.getTime() } },
    ],
    [
      "E_OLD",
      "an order of an older orchestrator",
      () => sealed(anOrder(), alice),
      { memory: { latest: () => 8 } },
    ],
  ])("%s for %s", async (code, _what, received, given) => {
    expect(verdictOn(await received(), given)).toMatchObject({ verdict: "refused", code });
  });

  test("the first objection wins", async () => {
    const memory = { highWater: after(9_999).getTime(), recall: () => ({ state: "begun" }) as const };
    const envelope = await sealed(aDeploy({ exp: aDeploy().iat + 9_000 }), alice);
    const verdict = (given: Given) => verdictOn(envelope, { memory, now: after(-31), ...given });
    expect(verdict({ trust: { ...trustIn({}), revoked: new Set([alice.fingerprint]) } })).toMatchObject({
      code: "E_KEY",
    });
    expect(verdict({})).toMatchObject({ code: "E_TTL" });
  });
});

test("limits are on the right side", async () => {
  expect(
    verdictOn(await sealed(aDeploy({ exp: aDeploy().iat + 900 }), alice), { now: after(900) }),
  ).toMatchObject({ verdict: "accepted" });
  expect(verdictOn(await sealed(aDeploy(), alice), { now: after(-30) })).toMatchObject({
    verdict: "accepted",
  });
  expect(verdictOn(await sealed(anOrder(), alice), { memory: { latest: () => 7 } })).toMatchObject({
    verdict: "accepted",
  });
  expect(
    verdictOn(await sealed(aDeploy({ until: aDeploy().iat + 86_400 }), alice), { now: after(86_400) }),
  ).toMatchObject({ verdict: "accepted" });
});

test("a command for other hosts is ignored, and seen by who looks on", async () => {
  const envelope = await sealed(aDeploy(), alice);
  expect(verdictOn(envelope, { host: host("web3") })).toEqual({ verdict: "ignored" });
  expect(verdictOn(envelope, { host: null })).toMatchObject({ verdict: "accepted" });
  expect(verdictOn(await sealed(anOrder({ host: "web2" }), alice))).toEqual({ verdict: "ignored" });
});

test("the end of a rollout is for every host", async () => {
  const { v, app, environment, iat, exp, why } = aDeploy();
  const cancel = {
    v,
    kind: "cancel",
    id: newCommandId(),
    app,
    environment,
    rollout: newCommandId(),
    iat,
    exp,
    why,
  } as const;
  expect(verdictOn(await sealed(cancel, alice), { host: host("web3") })).toMatchObject({
    verdict: "accepted",
  });
});

test("a repeat is answered with what became of the first", async () => {
  const recorded = { state: "ended", result: { live: "v2" } } as const;
  const command = aDeploy();
  const verdict = verdictOn(await sealed(command, alice), { memory: { recall: () => recorded } });
  expect(verdict).toMatchObject({ code: "E_REPLAY", command, recorded });
});

test("before its signature was checked, nothing of a command is passed on", async () => {
  expect(verdictOn(await sealed(aDeploy(), aSigner()))).not.toHaveProperty("command");
});

test("while the trust files cannot be used, every command is refused", async () => {
  const current = () => {
    throw new Failure("TRUST_FILE", "Cannot use policy.yaml");
  };
  const circumstances = { trust: { current }, host: host("web1"), now: NOON, replay: NOTHING_YET };
  expect(verifyCommand(await sealed(aDeploy(), alice), circumstances)).toMatchObject({ code: "TRUST_FILE" });
});

test("a signed envelope with any bit of its payload turned over is refused", async () => {
  const envelope = await sealed(aDeploy(), alice);
  const payload = payloadOf(envelope);
  for (let bit = 0; bit < payload.length * 8; bit += 1) {
    const verdict = verdictOn({ ...envelope, payload: flipped(payload, bit).toString("base64") });
    expect(verdict).toMatchObject({ verdict: "refused", code: "E_SIG" });
  }
});

test("a signed envelope with any bit of its signature turned over is refused", async () => {
  const envelope = await sealed(aDeploy(), alice);
  const length = 8 * Buffer.from(envelope.signatures[0]?.sig ?? "", "base64").length;
  for (let bit = 0; bit < length; bit += 1)
    expect(verdictOn(withSignature(envelope, (sig) => flipped(sig, bit)))).toMatchObject({
      verdict: "refused",
    });
});

test("a signed envelope with any character of its text changed is refused, or means the same", async () => {
  const envelope = await sealed(aDeploy(), alice);
  const text = JSON.stringify(envelope);
  const accepted = verdictOn(envelope);
  fc.assert(
    fc.property(fc.nat(text.length - 1), fc.integer({ min: 0, max: 255 }), (at, byte) => {
      const bytes = Buffer.from(text);
      bytes[at] = byte;
      const verdict = verdictOn(bytes);
      expect(verdict.verdict === "refused" ? accepted : verdict).toEqual(accepted);
    }),
    { numRuns: 2_000 },
  );
});

test("parts of two envelopes never make a third", async () => {
  const commands = [aDeploy(), aDeploy({ app: "blog" }), anOrder()];
  const envelopes = await Promise.all(commands.flatMap((each) => [sealed(each, alice), sealed(each, bob)]));
  for (const one of envelopes)
    for (const other of envelopes.filter(({ payload }) => payload !== one.payload))
      expect(verdictOn({ ...one, signatures: other.signatures })).toMatchObject({
        verdict: "refused",
        code: "E_SIG",
      });
});

test("a signature serves no namespace but its own", async () => {
  const spaces = ["deploy@skein", "go@skein", "approve@skein", "reply@skein"] as const;
  for (const command of [aDeploy(), anOrder()])
    for (const signed of spaces.filter(
      (each) => each !== (command.kind === "go" ? "go@skein" : "deploy@skein"),
    ))
      for (const claimed of spaces) {
        const envelope = await seal(encodeCommand(command), COMMAND_TYPE, signed, alice);
        const swapped = withSignature(envelope, (sig) => renamed(sig, signed, claimed));
        expect(verdictOn(swapped)).toMatchObject({ verdict: "refused" });
      }
});

function renamed(sig: Buffer, from: string, to: string): Buffer {
  const field = (name: string) => Buffer.concat([Buffer.of(0, 0, 0, name.length), Buffer.from(name)]);
  const at = sig.indexOf(field(from));
  return Buffer.concat([sig.subarray(0, at), field(to), sig.subarray(at + field(from).length)]);
}
