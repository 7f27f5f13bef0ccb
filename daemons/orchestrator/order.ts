import { createHash } from "node:crypto";
import { message, type Message } from "../../lib/messages/catalogue.ts";
import { type CommandId, commandId, type HostName } from "../../lib/schema/names.ts";
import { COMMAND_TYPE, encodeCommand, type Order } from "../../lib/security/command.ts";
import { seal } from "../../lib/security/envelope.ts";
import { namespaces } from "../../lib/security/namespaces.ts";
import type { Signer } from "../../lib/security/signer.ts";
import type { Rollout, Wanted } from "./rollout.ts";

/** How long an order may be taken, in seconds; it is signed anew each time that it is told. */
const VALID = 300;

/** What a host is told: the person's own words, or an order of the orchestrator that names them. */
export async function tell(
  state: Rollout,
  { host, tell: kind }: Wanted,
  signer: Signer,
  now: Date,
): Promise<Message> {
  const { rollout, command } = state;
  if (kind === "authorised") return message("deploy.authorised", { host, rollout, command });
  const order = encodeCommand(orderFor(state, host, kind, Math.floor(now.getTime() / 1_000)));
  const signed = await seal(order, COMMAND_TYPE, namespaces.go, signer);
  return message(kind === "abort" ? "deploy.cancelled" : "deploy.go", { host, rollout, command: signed });
}

function orderFor(
  { rollout, app, environment, digest, fence }: Rollout,
  host: HostName,
  kind: Order["kind"],
  iat: number,
): Order {
  const id = orderId(rollout, host, kind);
  return {
    v: 1,
    kind,
    id,
    app,
    environment,
    rollout,
    authorisation: digest,
    host,
    fence,
    iat,
    exp: iat + VALID,
  };
}

/** The same order has the same id however often it is told, also by another orchestrator. */
function orderId(rollout: CommandId, host: HostName, kind: Order["kind"]): CommandId {
  const alphabet = "0123456789abcdefghjkmnpqrstvwxyz";
  const hash = createHash("sha256").update(`${rollout} ${host} ${kind}`).digest();
  return commandId.parse(Array.from(hash.subarray(0, 16), (byte) => alphabet[byte % 32]).join(""));
}
