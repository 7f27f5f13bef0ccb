import { appendFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { prepareTrust, signerHere } from "../../cli/foundation.ts";
import { signed } from "../../cli/rollouts.ts";
import { orchestrator } from "../../daemons/orchestrator.ts";
import { memoryHub, type MemoryHub } from "../../lib/bus/memory.ts";
import { type Data, message } from "../../lib/messages/catalogue.ts";
import { decode, enclose, type Envelope, parseData } from "../../lib/messages/envelope.ts";
import { allowedSignerLine } from "../../lib/security/allowed-signers.ts";
import { type Authorisation, decodeCommand, newCommandId } from "../../lib/security/command.ts";
import { makeKeyFile } from "../../lib/security/keys.ts";
import { fileSigner, type Signer } from "../../lib/security/signer.ts";
import { appName, environmentName, hostName, refName, revision } from "../../lib/schema/names.ts";
import { openLedger } from "../../lib/store/ledger.ts";
import { revisionOf } from "../support/builders.ts";
import { listen, publish, start, type Started } from "../support/daemons.ts";

let state: string;
let hub: MemoryHub;
let signer: Signer;
let running: Started;
const HOSTS = ["web1", "web2", "web3"];

beforeEach(async () => {
  state = mkdtempSync(join(tmpdir(), "skein-orchestrator-"));
  hub = memoryHub();
  await prepareTrust(state);
  signer = await operator();
  running = await run();
});

afterEach(async () => {
  await running.stop();
  rmSync(state, { recursive: true, force: true });
});

const operator = () => signerHere(state);
const run = () =>
  start(
    orchestrator,
    () => ({
      state,
      orchestrator: { repeat: "50ms" },
      repositories: { shop: { url: "/nowhere" } },
      apps: { shop: { repository: "shop", root: "/srv/shop", requires: ["build"] } },
    }),
    hub,
  );

function aCommand(said: Partial<Authorisation> = {}): Authorisation {
  const iat = Math.floor(Date.now() / 1_000);
  return {
    v: 1,
    kind: "deploy",
    id: newCommandId(),
    app: appName.parse("shop"),
    environment: environmentName.parse("production"),
    release: { type: "git", commit: revision.parse(revisionOf("a")), ref: refName.parse("refs/heads/main") },
    hosts: HOSTS.map((host) => hostName.parse(host)),
    seq: Date.now(),
    expect: {},
    strategy: { canary: 1, batches: 2, maxFailures: 0, pauseSeconds: 0, onFailure: "stop" },
    iat,
    exp: iat + 900,
    why: "",
    ...said,
  };
}

/** Somebody who may sign, and whom no rule of the policy allows anything. */
async function anotherSigner(name: string): Promise<Signer> {
  const path = join(state, "keys", name);
  const line = allowedSignerLine(name, ["deploy@skein"], await makeKeyFile(path, name));
  appendFileSync(join(state, "trust", "allowed_signers"), `${line}\n`);
  return fileSigner(path);
}

/** The build of the revision that commands name, as the ledger knows it. */
async function built(outcome: "passed" | "failed"): Promise<void> {
  const ledger = openLedger(state);
  const data = parseData("build.finished", {
    build: `shop@${revisionOf("a")}`,
    repository: "shop",
    ref: "refs/heads/main",
    revision: revisionOf("a"),
    outcome,
    at: new Date().toISOString(),
    seconds: 1,
    steps: [],
  });
  await ledger.record(enclose(message("build.finished", data), { source: "//test/test", now: new Date() }));
  await ledger.close();
}

const ask = async (command: Authorisation, by = signer) =>
  publish(hub, "rollout.requested", { rollout: command.id, command: await signed(command, by) });

const finish = { is: ({ type }: Envelope) => type === "rollout.finished" };

/** Answers as a host would: prepares when it is authorised, is live when it is told to go. */
async function answer(hosts: readonly string[], fails: readonly string[] = []): Promise<string[]> {
  const told: string[] = [];
  for (const host of hosts) {
    await hub
      .connect()
      .subscribe(
        { destination: `/topic/skein.agent.${host}`, kind: "news", name: host, concurrency: 1 },
        async ({ body }) => {
          const { type, data } = decode(body);
          if (!("command" in data && "rollout" in data)) return;
          const { kind } = decodeCommand(Buffer.from(data.command.payload, "base64"));
          told.push(`${host} ${kind}`);
          const about = {
            rollout: data.rollout,
            app: "shop",
            host,
            at: new Date().toISOString(),
            seconds: 0,
          };
          if (type === "deploy.authorised")
            await publish(
              hub,
              "deploy.prepared",
              parseData("deploy.prepared", { ...about, release: "20261121T101502-aaaaaaa" }),
            );
          else
            await publish(
              hub,
              "deploy.finished",
              parseData("deploy.finished", {
                ...about,
                outcome: fails.includes(host) ? "failed" : "live",
                revision: revisionOf("a"),
                live: null,
              }),
            );
        },
      );
  }
  return told;
}

test("a signed rollout of a revision that passed goes to the canary, then to the others", async () => {
  await built("passed");
  const heard = await listen(hub, "rollout.started", "rollout.progress", "rollout.finished");
  const told = await answer(HOSTS);
  const command = aCommand();
  await ask(command);
  expect((await heard.next(finish.is)).data).toMatchObject({
    outcome: "succeeded",
    hosts: HOSTS.map((host) => ({ host, state: "live" })),
  });
  expect(told.filter((each) => each.endsWith(" go"))).toEqual(
    expect.arrayContaining(["web1 go", "web2 go", "web3 go"]),
  );
  expect(told.indexOf("web1 go")).toBeLessThan(told.indexOf("web2 go"));
  expect(heard.heard[0]).toMatchObject({
    type: "rollout.started",
    data: { rollout: command.id, batches: [["web1"], ["web2", "web3"]] },
  });
});

test("a canary that fails keeps the others from being told to go", async () => {
  await built("passed");
  const heard = await listen(hub, "rollout.finished");
  const told = await answer(HOSTS, ["web1"]);
  await ask(aCommand());
  expect((await heard.next()).data).toMatchObject({ outcome: "failed", reason: "the canary failed" });
  expect(told.filter((each) => /web[23] go/.test(each))).toEqual([]);
});

test.each([
  ["whose build failed", "failed" as const],
  ["that nobody built", undefined],
])("a revision %s is not rolled out", async (_name, outcome) => {
  if (outcome !== undefined) await built(outcome);
  const heard = await listen(hub, "rollout.finished", "rollout.started");
  await ask(aCommand());
  expect((await heard.next()).data).toMatchObject({ outcome: "refused", code: "BUILD_NOT_PASSED" });
});

test("what is not signed by somebody known is refused with its code", async () => {
  await built("passed");
  const heard = await listen(hub, "rollout.finished", "rollout.started");
  const command = aCommand();
  const { payloadType, payload, signatures } = await signed(command, signer);
  const refusals: readonly (readonly [string, Data<"rollout.requested">["command"]])[] = [
    ["E_SIG_FORMAT", { payloadType, payload, signatures: [] }],
    ["E_TYPE", { payloadType: "text/plain", payload, signatures }],
    [
      "E_SIG",
      {
        payloadType,
        payload: Buffer.from(Buffer.from(payload, "base64").toString().replace('"web3"', '"web4"')).toString(
          "base64",
        ),
        signatures,
      },
    ],
  ];
  for (const [code, envelope] of refusals) {
    const rollout = newCommandId();
    await publish(hub, "rollout.requested", { rollout, command: envelope });
    expect(
      (await heard.next(({ data }) => "rollout" in data && data.rollout === rollout)).data,
    ).toMatchObject({ outcome: "refused", code });
  }
  await makeKeyFile(join(state, "stranger"), "stranger");
  const strange = aCommand();
  await ask(strange, await fileSigner(join(state, "stranger")));
  expect(
    (await heard.next(({ data }) => "rollout" in data && data.rollout === strange.id)).data,
  ).toMatchObject({ outcome: "refused", code: "E_KEY" });
  const old = aCommand({ iat: 1, exp: 2, seq: 1 });
  await ask(old);
  expect((await heard.next(({ data }) => "rollout" in data && data.rollout === old.id)).data).toMatchObject({
    outcome: "refused",
    code: "E_EXPIRED",
  });
});

test("one rollout of an app at a time", async () => {
  await built("passed");
  const heard = await listen(hub, "rollout.finished", "rollout.started");
  const first = aCommand();
  await ask(first);
  await heard.next();
  const second = aCommand();
  await ask(second);
  expect((await heard.next(finish.is)).data).toMatchObject({
    rollout: second.id,
    outcome: "refused",
    code: "ROLLOUT_RUNNING",
  });
});

test("another orchestrator goes on where one was stopped in the middle", async () => {
  await built("passed");
  const heard = await listen(hub, "rollout.finished", "rollout.started", "rollout.progress");
  await ask(aCommand());
  await heard.next();
  await running.stop();
  const told = await answer(HOSTS);
  running = await run();
  expect((await heard.next(finish.is)).data).toMatchObject({ outcome: "succeeded" });
  expect(told).toContain("web1 go");
});

const cancelOf = ({ id: rollout, app, environment, iat, exp }: Authorisation) =>
  ({ v: 1, kind: "cancel", id: newCommandId(), app, environment, rollout, iat, exp, why: "" }) as const;

test("a person may end a rollout that is under way", async () => {
  await built("passed");
  const heard = await listen(hub, "rollout.finished", "rollout.started");
  const command = aCommand();
  await ask(command);
  await heard.next();
  const cancel = await signed(cancelOf(command), signer);
  await publish(hub, "rollout.cancelled", { rollout: command.id, command: cancel });
  expect((await heard.next(finish.is)).data).toMatchObject({ outcome: "cancelled" });
});

test("only whom the policy allows it may end a rollout, and only the one that was named", async () => {
  await built("passed");
  const told = await answer(HOSTS.slice(1));
  const heard = await listen(hub, "rollout.finished", "rollout.started");
  const command = aCommand();
  await ask(command);
  await heard.next();
  const stranger = await anotherSigner("stranger");
  const app = appName.parse("blog");
  for (const [by, given] of [
    [stranger, {}],
    [stranger, { app }],
    [signer, { app }],
    [signer, { rollout: newCommandId() }],
  ] as const) {
    const cancel = await signed({ ...cancelOf(command), ...given }, by);
    await publish(hub, "rollout.cancelled", { rollout: command.id, command: cancel });
  }
  await answer(HOSTS.slice(0, 1));
  expect((await heard.next(finish.is)).data).toMatchObject({ outcome: "succeeded" });
  expect(told).toContain("web3 go");
});

test("asked again for a rollout that it knows, it says again how that is", async () => {
  await built("passed");
  await answer(HOSTS);
  const heard = await listen(hub, "rollout.finished");
  const command = aCommand();
  await ask(command);
  await heard.next();
  await ask(command);
  await heard.next(() => heard.heard.length === 2);
  expect(heard.heard[0]?.data).toMatchObject({ outcome: "succeeded", rollout: command.id });
  expect(heard.heard[1]?.id).toBe(heard.heard[0]?.id);
});
