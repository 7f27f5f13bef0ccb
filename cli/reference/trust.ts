import { keysOf } from "../../lib/config/keys.ts";
import { purposes } from "../../lib/security/command.ts";
import { namespaces } from "../../lib/security/namespaces.ts";
import { policy } from "../../lib/security/policy.ts";
import { code, pageHead, pageOf, tableOf, tableOfKeys } from "./markdown.ts";

/** The files of the trust folder. */
export function trustPage(): string {
  return pageOf([
    ...pageHead(
      "Trust",
      "Whoever can make a host deploy can run programs on it. So a host does only what is signed by somebody whom the files of its trust folder " +
        "name: `trust/` in the state folder, or where `agent.trust` says. They, and the folder, must belong to root or to the user of the agent, and nobody else may write " +
        "to them. They are read again when they change. One line that cannot be read makes the host refuse everything.",
    ),
    "## allowed_signers",
    "Who has which key, in the form that `ssh-keygen -Y verify` reads (ALLOWED SIGNERS in ssh-keygen(1)): a principal, options, a key. `namespaces` " +
      "says what the key may sign:",
    tableOf(
      ["namespace", "signed by it"],
      Object.values(namespaces).map((namespace) => [
        code(namespace),
        Object.entries(purposes)
          .filter(([, purpose]) => purpose === namespace)
          .map(([kind]) => code(kind))
          .join(", ") || "nothing yet",
      ]),
    ),
    '```\ndana@example.com namespaces="deploy@skein" ssh-ed25519 AAAA… dana\norchestrator namespaces="go@skein" ssh-ed25519 AAAA… orchestrator\n```',
    "## policy.yaml",
    `Who may do what. What no rule allows is denied. A kind is one of ${Object.keys(purposes).map(code).join(", ")}.`,
    tableOfKeys(keysOf(policy)),
    "## revoked_keys",
    "Keys that count for nothing any more, whatever else says so: a public key on each line, as in a `.pub` file. It may be missing.",
  ]);
}
