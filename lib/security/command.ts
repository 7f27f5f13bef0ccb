import { createHash, randomBytes } from "node:crypto";
import { z } from "zod";
import { appName, commandId, type CommandId, environmentName, hostName, revision } from "../schema/names.ts";
import { portion } from "../schema/quantities.ts";
import type { AccessCommand } from "./access-command.ts";
import { type Namespace, namespaces } from "./namespaces.ts";
import { decodePayload, encodePayload, instant, why } from "./payload.ts";
import { release } from "./release.ts";

export const COMMAND_TYPE = "application/vnd.skein.command+json;v=1";
const MOST_HOSTS = 1_000;

const common = {
  v: z.literal(1),
  id: commandId,
  app: appName,
  environment: environmentName,
  iat: instant,
  exp: instant,
};

const strategy = z.strictObject({
  canary: z.int().min(0),
  batches: portion,
  maxFailures: z.int().min(0),
  pauseSeconds: z.number().min(0),
  onFailure: z.enum(["stop", "rollback"]),
});

export type Strategy = z.infer<typeof strategy>;

const authorisation = z
  .strictObject({
    ...common,
    kind: z.enum(["deploy", "rollback"]),
    release,
    /** Expanded: what was seen is what is signed. */
    hosts: z
      .array(hostName)
      .min(1)
      .max(MOST_HOSTS)
      .refine((hosts) => new Set(hosts).size === hosts.length, { error: "names a host twice" }),
    /** Fencing: a host takes no command older than the last one it took. Milliseconds since 1970. */
    seq: z.int().min(0),
    /** What is live now, where that is known: a host where something else is refuses. */
    expect: z.record(hostName, revision.nullable()),
    strategy,
    force: z.boolean().optional(),
    /** Until when a host that was away may still take it. */
    until: instant.optional(),
    why,
  })
  .refine(({ hosts, expect }) => Object.keys(expect).every((host) => new Set<string>(hosts).has(host)), {
    error: "names a host that is not among the hosts",
    path: ["expect"],
  })
  // One command from the far future would make all that follow too old.
  .refine(({ seq, exp }) => seq <= exp * 1_000, { error: "is later than the command's end", path: ["seq"] });
export type Authorisation = z.infer<typeof authorisation>;

const cancellation = z.strictObject({ ...common, kind: z.literal("cancel"), rollout: commandId, why });

const order = z.strictObject({
  ...common,
  kind: z.enum(["go", "revert", "abort"]),
  /** The id of the authorisation that it follows. */
  rollout: commandId,
  /** SHA-256 of the payload of that authorisation. */
  authorisation: z.string().regex(/^[0-9a-f]{64}$/, { error: "must be a SHA-256 in hexadecimal" }),
  host: hostName,
  /** The number of the orchestrator's lease: a host takes no order of an older one. */
  fence: z.int().min(0),
});
export type Order = z.infer<typeof order>;

const commands = z.discriminatedUnion("kind", [authorisation, cancellation, order]);

/** What a host can be told to do: by a person (`deploy`, `rollback`, `cancel`) or by the orchestrator (`go`, `revert`, `abort`). */
export type Command = z.infer<typeof commands>;

/** Whatever somebody can sign that makes a host act. */
export type SignedCommand = Command | AccessCommand;
export type CommandKind = SignedCommand["kind"];

/** Every kind of command, and the purpose that its signature must be made for. */
export const purposes: Readonly<Record<CommandKind, Namespace>> = {
  deploy: namespaces.deploy,
  rollback: namespaces.deploy,
  cancel: namespaces.deploy,
  go: namespaces.go,
  revert: namespaces.go,
  abort: namespaces.go,
  grant: namespaces.access,
  revoke: namespaces.access,
};

/**
 * The exact bytes to sign for a command: JSON in ASCII.
 * @throws {Failure} E_PARSE when a host would refuse to read them
 */
export function encodeCommand(command: Command): Buffer {
  const bytes = encodePayload(command);
  decodeCommand(bytes);
  return bytes;
}

/**
 * Reads the payload of a command. Only for bytes whose signature was checked.
 * @throws {Failure} E_PARSE
 */
export const decodeCommand = (payload: Buffer): Command => decodePayload(commands, payload);

/** A new id: 80 random bits in Crockford's base 32, so that nobody guesses it and it never comes twice. */
export function newCommandId(): CommandId {
  const bits = BigInt(`0x${randomBytes(10).toString("hex")}`);
  const digits = Array.from({ length: 16 }, (_, at) => Number((bits >> BigInt(5 * at)) & 31n));
  return commandId.parse(digits.map((digit) => "0123456789abcdefghjkmnpqrstvwxyz"[digit]).join(""));
}

/** What an order names its authorisation by, and a reply its command: SHA-256 of the payload's bytes. */
export const digestOf = (payload: Buffer): string => createHash("sha256").update(payload).digest("hex");

/** Whether a command is a person's word that something may be deployed. */
export const isAuthorisation = (command: SignedCommand): command is Authorisation =>
  command.kind === "deploy" || command.kind === "rollback";

/** Whether a command is about who may log in at a site. */
export const isAboutAccess = (command: SignedCommand): command is AccessCommand =>
  command.kind === "grant" || command.kind === "revoke";

/** Whether an order of the orchestrator stays within an authorisation: same rollout, same bytes, a host that it names. */
export function followsFrom(order: Order, authorisation: Authorisation, digest: string): boolean {
  return (
    order.rollout === authorisation.id &&
    order.authorisation === digest &&
    order.app === authorisation.app &&
    order.environment === authorisation.environment &&
    authorisation.hosts.includes(order.host)
  );
}
