import { readdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Session } from "../../cli/session.ts";
import { type Data, message } from "../../lib/messages/catalogue.ts";
import { decode, type Envelope } from "../../lib/messages/envelope.ts";
import { type CommandId, hostName, refName, repositoryName, type Revision } from "../../lib/schema/names.ts";
import type { SignedEnvelope } from "../../lib/schema/signed-envelope.ts";
import { newCommandId } from "../../lib/security/command.ts";
import { payloadOf } from "../../lib/security/envelope.ts";
import { fileSigner, type Signer } from "../../lib/security/signer.ts";
import { aDeploy, anOrder, aSigner, flipped, sealed } from "../lib/security/builders.ts";
import type { Running } from "../support/program.ts";
import { HOSTS, setStage, type Stage, type StageHost } from "../support/stage.ts";
import { until } from "../support/until.ts";

let stage: Stage;
let session: Session;
let up: Running;
let operator: Signer;
let good: Revision;
let next: Revision;

/** All that was heard since the beginning. */
const heard: Envelope[] = [];

/** A command to all hosts that would make the next revision live, as the operator would sign it. */
const wish = (given: Readonly<Record<string, unknown>> = {}) => {
  const now = Math.floor(Date.now() / 1_000);
  return aDeploy({
    hosts: [...HOSTS],
    release: { type: "git", commit: next, ref: refName.parse("refs/heads/main") },
    expect: {},
    strategy: { canary: 0, batches: "100%", maxFailures: 0, pauseSeconds: 0, onFailure: "stop" },
    seq: Date.now(),
    iat: now,
    exp: now + 300,
    ...given,
  });
};

interface Forged {
  readonly rollout: CommandId;
  readonly command: SignedEnvelope;
}

/** Ways to ask for a rollout that must not be had, and the code of the refusal. */
const FORGERIES: readonly (readonly [how: string, code: string, forge: () => Promise<Forged>])[] = [
  [
    "without a signature",
    "E_SIG_FORMAT",
    async () => {
      const command = wish();
      return { rollout: command.id, command: { ...(await sealed(command, operator)), signatures: [] } };
    },
  ],
  [
    "with a signature that is none",
    "E_SIG_FORMAT",
    async () => {
      const command = wish();
      const { signatures, ...rest } = await sealed(command, operator);
      const broken = signatures.map(({ keyid }) => ({ keyid, sig: "AAAA" }));
      return { rollout: command.id, command: { ...rest, signatures: broken } };
    },
  ],
  [
    "signed with a key that nobody knows",
    "E_KEY",
    async () => {
      const command = wish();
      return { rollout: command.id, command: await sealed(command, aSigner()) };
    },
  ],
  [
    "signed by the orchestrator, who may only say whose turn it is",
    "E_KEY",
    async () => {
      const command = wish();
      const orchestrator = await fileSigner(join(stage.state, "keys", "orchestrator"));
      return { rollout: command.id, command: await sealed(command, orchestrator) };
    },
  ],
  [
    "with one bit changed",
    "E_SIG",
    async () => {
      const command = wish();
      const envelope = await sealed(command, operator);
      const changed = flipped(payloadOf(envelope), 8 * 100);
      return { rollout: command.id, command: { ...envelope, payload: changed.toString("base64") } };
    },
  ],
  [
    "for another release than was signed",
    "E_SIG",
    async () => {
      const command = wish();
      const envelope = await sealed(command, operator);
      const changed = payloadOf(envelope).toString("latin1").replace(next, good);
      return {
        rollout: command.id,
        command: { ...envelope, payload: Buffer.from(changed).toString("base64") },
      };
    },
  ],
  [
    "that expired",
    "E_EXPIRED",
    async () => {
      const past = Math.floor(Date.now() / 1_000) - 600;
      const command = wish({ iat: past, exp: past + 300, seq: past * 1_000 });
      return { rollout: command.id, command: await sealed(command, operator) };
    },
  ],
];

/** Everything on the hosts that a command could change. */
const onHosts = () =>
  HOSTS.map((host) => ({
    host,
    live: stage.live(host),
    releases: readdirSync(join(stage.rootOf(host), "releases")).toSorted(),
    ran: stage.ran(host),
  }));

const refusalBy = (host: StageHost, rollout: CommandId): Data<"deploy.refused"> | undefined =>
  heard.find(
    (each): each is Envelope<"deploy.refused"> =>
      each.type === "deploy.refused" && each.data.host === host && each.data.rollout === rollout,
  )?.data;

const endsOf = (rollout: CommandId): readonly Data<"rollout.finished">[] =>
  heard.flatMap((each) =>
    each.type === "rollout.finished" && each.data.rollout === rollout ? [each.data] : [],
  );

const deploysOf = (rollout: CommandId): readonly Data<"deploy.finished">[] =>
  heard.flatMap((each) =>
    each.type === "deploy.finished" && each.data.rollout === rollout ? [each.data] : [],
  );

/** Hands a command to every host at its own destination, past the orchestrator. */
async function toEveryHost(type: "deploy.authorised" | "deploy.go", forged: Forged): Promise<void> {
  for (const host of HOSTS) await session.say(message(type, { host: hostName.parse(host), ...forged }));
}

const HEARD = ["rollout.finished", "deploy.accepted", "deploy.refused", "deploy.finished"] as const;

async function listen(): Promise<void> {
  session = await stage.session();
  await session.hear(HEARD, (envelope) => void heard.push(envelope));
  // What goes to each host, as anybody with the broker's login can hear it.
  const toHosts = {
    destination: "/topic/skein.agent.*",
    kind: "news",
    name: "listener",
    concurrency: 1,
  } as const;
  await session.bus.subscribe(toHosts, ({ body }) => {
    heard.push(decode(body));
    return Promise.resolve();
  });
}

beforeAll(async () => {
  stage = await setStage();
  await stage.installHook();
  up = await stage.up();
  operator = await fileSigner(join(stage.state, "keys", "operator"));
  good = stage.pushed({ "index.html": "good" });
  const { status, stderr } = await stage.skein("deploy", "shop", "main");
  if (status !== 0) throw new Error(stderr);
  next = stage.pushed({ "index.html": "next" });
  // Nothing but the signature stands in the way: the build of it passed, and every host has fetched it.
  await listen();
  await until("the build passed", async () => {
    const build = await session.ledger.buildOf(repositoryName.parse("shop"), next);
    return build?.outcome === "passed";
  });
}, 90_000);
afterAll(async () => {
  await session.close();
  await stage.close();
});

describe("a command", { timeout: 30_000 }, () => {
  test.each(FORGERIES)(
    "%s is refused by the orchestrator with %s, and no host hears of it",
    async (_how, code, forge) => {
      const before = onHosts();
      const forged = await forge();
      await session.say(message("rollout.requested", forged));
      const [refusal] = await until("the orchestrator answers", () => {
        const ends = endsOf(forged.rollout);
        return ends.length > 0 && ends;
      });
      expect(refusal).toMatchObject({ outcome: "refused", code, hosts: [] });
      expect(refusal?.reason).not.toBe("");
      expect(
        heard.filter(({ type, data }) => type === "deploy.accepted" && data.rollout === forged.rollout),
      ).toEqual([]);
      expect(onHosts()).toEqual(before);
    },
  );

  test.each(FORGERIES)(
    "%s is refused with %s by every host that it is handed to past the orchestrator",
    async (_how, code, forge) => {
      const before = onHosts();
      const forged = await forge();
      await toEveryHost("deploy.authorised", forged);
      for (const host of HOSTS) {
        const refusal = await until(`${host} answers`, () => refusalBy(host, forged.rollout));
        expect(refusal).toMatchObject({ host, code });
      }
      expect(onHosts()).toEqual(before);
    },
  );

  test("to go on, signed by the operator in the orchestrator's place, is refused by every host", async () => {
    const before = onHosts();
    const rollout = newCommandId();
    for (const name of HOSTS) {
      const host = hostName.parse(name);
      const now = Math.floor(Date.now() / 1_000);
      const order = anOrder({ host, rollout, iat: now, exp: now + 300, fence: 1_000_000 });
      await session.say(message("deploy.go", { host, rollout, command: await sealed(order, operator) }));
      const refusal = await until(`${name} answers`, () => refusalBy(name, rollout));
      expect(refusal).toMatchObject({ code: "E_KEY" });
    }
    expect(onHosts()).toEqual(before);
  });
});

describe("a command that was obeyed", { timeout: 60_000 }, () => {
  let obeyed: Forged;
  let result: Data<"rollout.finished"> | undefined;
  let orders: readonly Data<"deploy.go">[];

  /** Says all that was said of it once more, and gives the answers: of the orchestrator, and of each host. */
  const again = async () => {
    heard.length = 0;
    await session.say(message("rollout.requested", obeyed));
    await until("the orchestrator answers", () => endsOf(obeyed.rollout).length > 0);
    await toEveryHost("deploy.authorised", obeyed);
    for (const order of orders) await session.say(message("deploy.go", order));
    const answersOf = (host: StageHost) => deploysOf(obeyed.rollout).filter((each) => each.host === host);
    for (const host of HOSTS) await until(`${host} answers twice`, () => answersOf(host).length >= 2);
    return { end: endsOf(obeyed.rollout)[0], deploys: HOSTS.map((host) => new Set(answersOf(host).map(at))) };
  };
  const at = (each: Data<"deploy.finished">): string => each.at;

  test("is done once", async () => {
    const command = wish();
    obeyed = { rollout: command.id, command: await sealed(command, operator) };
    await session.say(message("rollout.requested", obeyed));
    await until("the rollout ends", () => endsOf(command.id).length > 0);
    [result] = endsOf(command.id);
    expect(result).toMatchObject({ outcome: "succeeded", revision: next });
    orders = heard.flatMap((each) => (each.type === "deploy.go" ? [each.data] : []));
    expect(new Set(orders.map(({ host }) => host)).size).toBe(HOSTS.length);
    expect(stage.everywhere()).toEqual([next, next, next]);
  });

  test("is answered with its recorded result when it comes again, and nothing runs", async () => {
    const before = onHosts();
    const first = HOSTS.map(
      (host) =>
        new Set(
          deploysOf(obeyed.rollout)
            .filter((each) => each.host === host)
            .map(at),
        ),
    );
    expect(await again()).toEqual({ end: result, deploys: first });
    expect(onHosts()).toEqual(before);
  });

  test("is answered so after everything was started anew", async () => {
    const before = onHosts();
    await session.close();
    await up.stop();
    up = await stage.up();
    await listen();
    expect((await again()).end).toEqual(result);
    expect(onHosts()).toEqual(before);
  });

  test("does nothing when it comes again after something else was made live", async () => {
    expect((await stage.skein("rollback", "shop")).status).toBe(0);
    expect(stage.everywhere()).toEqual([good, good, good]);
    const before = onHosts();
    expect((await again()).end).toEqual(result);
    expect(onHosts()).toEqual(before);
  });
});
