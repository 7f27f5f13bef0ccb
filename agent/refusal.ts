import type { Code } from "../lib/codes.ts";
import { type Message, message } from "../lib/messages/catalogue.ts";
import type { CommandId } from "../lib/schema/names.ts";
import type { SignedEnvelope } from "../lib/schema/signed-envelope.ts";
import type { Surroundings } from "../lib/daemon/define.ts";

/** What was refused lately, so that a repeat gets the answer of the first, and a flood does not fill the log. */
export interface RefusalMemory {
  readonly recall: (command: SignedEnvelope) => Message | undefined;
  readonly keep: (command: SignedEnvelope, answer: Message) => void;
  /** Whether a refusal may be logged now, and how many were not since the last that was. */
  readonly mayLog: (now: Date) => { readonly unsaid: number } | undefined;
}

const MOST_KEPT = 200;
const BETWEEN_LINES = 1_000;

/** A memory of refusals that nothing can make grow. */
export function refusalMemory(): RefusalMemory {
  const kept = new Map<string, Message>();
  let lastLine = Number.NEGATIVE_INFINITY;
  let unsaid = 0;
  return {
    recall: (command) => kept.get(keyOf(command)),
    keep: (command, answer) => {
      kept.set(keyOf(command), answer);
      const [oldest] = kept.keys();
      if (kept.size > MOST_KEPT && oldest !== undefined) kept.delete(oldest);
    },
    mayLog: (now) => {
      if (now.getTime() - lastLine < BETWEEN_LINES) {
        unsaid += 1;
        return undefined;
      }
      const missed = unsaid;
      [lastLine, unsaid] = [now.getTime(), 0];
      return { unsaid: missed };
    },
  };
}

/** The signatures count: the same bytes may come again, properly signed. */
const keyOf = ({ payload, signatures }: SignedEnvelope): string =>
  [payload, ...signatures.map(({ sig }) => sig)].join(" ");

interface Refusing extends Pick<Surroundings, "host" | "log"> {
  readonly now: () => Date;
  readonly deps: { readonly refusals: RefusalMemory };
}

/** Refuses a command, and says why. */
export function refuse(
  rollout: CommandId,
  command: SignedEnvelope,
  { code, reason }: { readonly code: Code; readonly reason: string },
  { host, now, log, deps: { refusals } }: Refusing,
): Message {
  const at = now();
  const line = refusals.mayLog(at);
  if (line !== undefined)
    log.warn({ rollout, code, ...line }, `refused a command: ${code}: ${reason.slice(0, 300)}`);
  const answer = message("deploy.refused", {
    rollout,
    host,
    code,
    reason: reason.slice(0, 8_000),
    at: at.toISOString(),
  });
  refusals.keep(command, answer);
  return answer;
}
