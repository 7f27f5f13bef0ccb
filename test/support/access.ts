import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Data } from "../../lib/messages/catalogue.ts";
import { parseData } from "../../lib/messages/envelope.ts";
import { ACCESS_TYPE, encodeAccess, decodeAccess } from "../../lib/security/access-command.ts";
import { allowedSignerLine } from "../../lib/security/allowed-signers.ts";
import { newCommandId } from "../../lib/security/command.ts";
import { seal } from "../../lib/security/envelope.ts";
import { namespaces, type Namespace } from "../../lib/security/namespaces.ts";
import { hashPassword } from "../../lib/security/password.ts";
import type { Signer } from "../../lib/security/signer.ts";
import { aSigner } from "../lib/security/builders.ts";

/** Whoever may let people in at the sites that these tests are about. */
export const operator = aSigner();

const POLICY = "rules:\n  - {who: [dana@x], sites: [shop*], kinds: [grant, revoke]}\n";

/** A state folder whose trust lets dana let people in at sites that begin with shop. */
export function trusting(state: string, policy = POLICY): string {
  const trust = join(state, "trust");
  mkdirSync(trust, { recursive: true });
  chmodSync(trust, 0o755);
  const line = allowedSignerLine("dana@x", [namespaces.access, namespaces.deploy], operator.publicKey);
  writeFileSync(join(trust, "allowed_signers"), `${line}\n`, { mode: 0o644 });
  writeFileSync(join(trust, "policy.yaml"), policy, { mode: 0o644 });
  return state;
}

interface Said {
  readonly user?: string;
  readonly site?: string;
  readonly password?: string;
  /** Milliseconds from now. */
  readonly lasts?: number;
  readonly signer?: Signer;
  readonly purpose?: Namespace;
  readonly command?: Readonly<Record<string, unknown>>;
}

let last = 0;

/** A signed word about a login, in the order of asking. */
async function word(kind: "grant" | "revoke", said: Said) {
  const { user = "alice", site = "shop-preview", signer = operator, purpose = namespaces.access } = said;
  const now = Date.now();
  last = Math.max(last + 1, now);
  const iat = Math.floor(now / 1_000);
  const common = {
    v: 1,
    kind,
    id: newCommandId(),
    site,
    user,
    seq: last,
    iat,
    exp: iat + 86_400,
    why: "a look",
  };
  const own =
    kind === "revoke"
      ? {}
      : {
          hash: hashPassword(said.password ?? "correct horse"),
          until: Math.ceil((now + (said.lasts ?? 86_400_000)) / 1_000),
        };
  const command = decodeAccess(Buffer.from(JSON.stringify({ ...common, ...own, ...said.command })));
  const signed = await seal(encodeAccess(command), ACCESS_TYPE, purpose, signer);
  return { request: command.id, site: command.site, user: command.user, command: signed };
}

export const aGrant = async (said: Said = {}): Promise<Data<"access.granted">> =>
  parseData("access.granted", await word("grant", said));

export const aRevocation = async (said: Said = {}): Promise<Data<"access.revoked">> =>
  parseData("access.revoked", await word("revoke", said));
