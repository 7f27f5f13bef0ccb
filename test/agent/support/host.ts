import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";
import { agent } from "../../../agent/agent.ts";
import { agentConfig, type AgentConfig } from "../../../agent/config.ts";
import { type Desk, type Here, openDesk } from "../../../agent/desk.ts";
import { layoutOf, type Layout } from "../../../agent/layout.ts";
import { sharedSettings } from "../../../lib/config/settings.ts";
import type { Data, Message, MessageType } from "../../../lib/messages/catalogue.ts";
import { parseData } from "../../../lib/messages/envelope.ts";
import type { Revision } from "../../../lib/schema/names.ts";
import { allowedSignerLine } from "../../../lib/security/allowed-signers.ts";
import {
  type Authorisation,
  type Command,
  digestOf,
  encodeCommand,
  isAuthorisation,
} from "../../../lib/security/command.ts";
import type { Signer } from "../../../lib/security/signer.ts";
import { aDeploy, anOrder, aSigner, host as hostNamed, sealed } from "../../lib/security/builders.ts";
import { type SaidLine, tellingLog } from "../../support/logs.ts";
import { MAIN, anOrigin, type Origin } from "./origin.ts";

export const HOST = hostNamed("web1");

/** The person and the orchestrator that the host believes. */
export const operator = aSigner();
export const orchestrator = aSigner();

const POLICY = `rules:
  - {who: [alice@example.com], apps: ["*"], environments: ["*"], refs: ["refs/heads/*", "refs/tags/*", "refs/artifacts/*", "refs/images/*"], kinds: [deploy, rollback, cancel]}
  - {who: [orchestrator], apps: ["*"], environments: ["*"], kinds: [go, revert, abort]}
`;

interface Given {
  /** Of the app shop. */
  readonly app?: Readonly<Record<string, unknown>>;
  readonly config?: Readonly<Record<string, unknown>>;
  readonly labels?: Readonly<Record<string, string>>;
  /** Of the configuration, beside it. */
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly root?: string;
  /** Where another host of the test had its things, and its repository: this one goes on with them. */
  readonly after?: { readonly folder: string; readonly origin: Origin };
}

type Sent = Exclude<MessageType & ("deploy.authorised" | "deploy.go" | "deploy.cancelled"), never>;

/** A host with one app, its repository and its files of trust, all real. */
export interface Host {
  readonly folder: string;
  readonly layout: Layout;
  readonly origin: Origin;
  readonly logged: SaidLine[];
  readonly here: Here;
  /** Hands over a command in a message of this type, and waits for all that is said. */
  readonly send: (type: Sent, command: Command, signer?: Signer, by?: Here) => Promise<readonly Message[]>;
  readonly deploy: (revision: Revision, given?: Readonly<Record<string, unknown>>) => Promise<Deployed>;
  /** The text of a file of what is live. */
  readonly current: () => string;
  readonly reconcile: (by?: Here) => Promise<readonly Message[]>;
  /** The agent ends, as with its process; its things stay. */
  readonly leave: () => Promise<void>;
  readonly close: () => Promise<void>;
}

export interface Deployed {
  readonly command: Authorisation;
  readonly prepared: readonly Message[];
  readonly gone: readonly Message[];
  readonly finished: Data<"deploy.finished"> | undefined;
}

let sequence = Date.now();

/** A deploy of shop to this host, issued just now, which expects nothing. */
export function authorise(revision: Revision, given: Readonly<Record<string, unknown>> = {}): Authorisation {
  const iat = Math.floor(Date.now() / 1_000);
  sequence += 1;
  return aDeploy({
    hosts: [HOST],
    expect: {},
    release: { type: "git", commit: revision, ref: MAIN },
    seq: sequence,
    iat,
    exp: iat + 300,
    ...given,
  });
}

/** An order about a rollout, issued just now. */
export function order(kind: "go" | "revert" | "abort", about: Authorisation, given = {}): Command {
  const { app, environment, id: rollout } = about;
  const iat = Math.floor(Date.now() / 1_000);
  const authorisation = digestOf(encodeCommand(about));
  return anOrder({
    kind,
    app,
    environment,
    rollout,
    authorisation,
    host: HOST,
    iat,
    exp: iat + 300,
    ...given,
  });
}

/** The last message of a type. */
export function last<Type extends MessageType>(
  messages: readonly Message[],
  type: Type,
): Data<Type> | undefined {
  return messages.findLast((each) => each.type === type)?.data as Data<Type> | undefined;
}

/** All lines that a script printed. */
export const linesOf = (messages: readonly Message[], phase: string): readonly string[] =>
  messages.flatMap((each) =>
    each.type === "deploy.log" && each.data.phase === phase ? each.data.lines : [],
  );

export const typesOf = (messages: readonly Message[]): readonly string[] => messages.map(({ type }) => type);

/** Whether an app says by itself what it is made of. */
const hasParts = (app: Given["app"]): boolean =>
  ["artifact", "container", "site"].includes(String(app?.["driver"]));

export async function aHost(given: Given = {}): Promise<Host> {
  const folder = given.after?.folder ?? mkdtempSync(join(tmpdir(), "skein-agent-"));
  const root = given.root ?? join(folder, "shop");
  const origin = given.after?.origin ?? anOrigin(join(folder, "origin"));
  if (given.after === undefined) writeTrust(join(folder, "state", "trust"));
  const settings = sharedSettings.parse({
    state: join(folder, "state"),
    host: HOST,
    labels: given.labels ?? {},
    repositories: { shop: { url: origin.url } },
    apps: {
      shop: { ...(hasParts(given.app) ? {} : { repository: "shop" }), root, ...given.app },
    },
    ...given.settings,
  });
  const config: AgentConfig = agentConfig.parse({ "kill-after": "500ms", ...given.config });
  const logged: SaidLine[] = [];
  const surroundings = { host: HOST, settings, log: tellingLog(logged) };
  const deps: Desk = await openDesk(config, surroundings);
  const leaving = new AbortController();
  const here: Here = { ...surroundings, config, deps, now: () => new Date(), signal: leaving.signal };
  const send: Host["send"] = async (type, command, signer, agentNow = here) => {
    const by = signer ?? ("fence" in command ? orchestrator : operator);
    const rollout = isAuthorisation(command) ? command.id : command.rollout;
    return handOver(type, { host: HOST, rollout, command: await sealed(command, by) }, agentNow);
  };
  const leave = async () => {
    if (leaving.signal.aborted) return;
    leaving.abort();
    await deps.close();
  };
  return {
    folder,
    layout: layoutOf(root),
    origin,
    logged,
    here,
    send,
    deploy: async (revision, more) => {
      const command = authorise(revision, more);
      const prepared = await send("deploy.authorised", command);
      const gone = typesOf(prepared).includes("deploy.prepared")
        ? await send("deploy.go", order("go", command))
        : [];
      return { command, prepared, gone, finished: last([...prepared, ...gone], "deploy.finished") };
    },
    current: () => readlinkSync(join(root, "current")),
    reconcile: async (by = here) => {
      const said = await all(await agent.reconcile?.(by));
      return [...said, ...(await all(await agent.every?.tick(by)))];
    },
    leave,
    close: async () => {
      await leave();
      expect(survivors(root), "processes that scripts left behind").toEqual([]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Hands a message to the agent as the bus would, and checks what comes back as the bus would. */
export async function handOver(type: Sent, data: Data<"deploy.authorised">, here: Here): Promise<Message[]> {
  const handler = agent.on?.[type] as ((data: Data<Sent>, here: Here) => AsyncIterable<Message>) | undefined;
  return all(handler?.(data, here));
}

async function all(replies: Iterable<Message> | AsyncIterable<Message> | undefined): Promise<Message[]> {
  const said: Message[] = [];
  for await (const each of replies ?? []) {
    parseData(each.type, each.data);
    said.push(each);
  }
  return said;
}

/** Writes the files that say whom a host believes. */
export function writeTrust(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o755 });
  const signers = [
    allowedSignerLine("alice@example.com", ["deploy@skein", "artifact@skein"], operator.publicKey),
    allowedSignerLine("orchestrator", ["go@skein"], orchestrator.publicKey),
  ];
  writeFileSync(join(folder, "allowed_signers"), `${signers.join("\n")}\n`, { mode: 0o644 });
  writeFileSync(join(folder, "policy.yaml"), POLICY, { mode: 0o644 });
}

/** Every process that was started for a script of the app with this root. */
function survivors(root: string): string[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) =>
      ["SKEIN_JOB=", `SKEIN_ROOT=${root}`].every((each) => readEnvironment(pid).includes(each)),
    );
}

function readEnvironment(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/environ`, "latin1");
  } catch {
    return "";
  }
}
