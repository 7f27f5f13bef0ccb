import { pause } from "../lib/effects/clock.ts";
import { Failure } from "../lib/failure.ts";
import { type Data, message } from "../lib/messages/catalogue.ts";
import { commandId, type HostName } from "../lib/schema/names.ts";
import { newCommandId } from "../lib/security/command.ts";
import type { Session } from "./session.ts";

type Told = Data<"log.told">;
type Page = NonNullable<Data<"log.asked">["page"]>;

/** What a program printed on a host, line by line. */
export interface FullLog {
  readonly host: HostName;
  readonly job: string;
  /** Bytes in the middle that the host did not keep. */
  readonly lost: number;
  readonly lines: AsyncIterable<string>;
}

/** How long hosts may take to answer, in milliseconds; and how often is looked whether they have. */
const PATIENCE = 5_000;
const INTERVAL = 10;

/**
 * Asks the hosts of a rollout for all that they have kept of what its programs printed. Those that do not answer are named.
 * @throws {Failure} ROLLOUT_UNKNOWN
 */
export async function fullLogs(
  session: Session,
  subject: string,
): Promise<{ readonly logs: readonly FullLog[]; readonly silent: readonly string[] }> {
  const { data: rollout } = commandId.safeParse(subject);
  if (rollout === undefined)
    throw new Failure("ROLLOUT_UNKNOWN", `Cannot ask hosts for the log of ${subject}: it is no rollout`);
  const said = await session.ledger.about(rollout);
  const expected = new Set(said.flatMap(({ type, data }) => (type === "deploy.accepted" ? [data.host] : [])));
  const answers = new Map<string, Told[]>();
  await session.hear(["log.told"], ({ type, data }) => {
    if (type === "log.told") answers.set(data.question, [...(answers.get(data.question) ?? []), data]);
  });
  const ask = async (enough: (told: readonly Told[]) => boolean, page?: Page): Promise<readonly Told[]> => {
    const question = newCommandId();
    await session.say(message("log.asked", { question, rollout, ...(page && { page }) }));
    const end = Date.now() + PATIENCE;
    while (!enough(answers.get(question) ?? []) && Date.now() < end) await pause(INTERVAL);
    const told = answers.get(question) ?? [];
    answers.delete(question);
    return told;
  };
  const hosts = await ask((told) => [...expected].every((host) => told.some((each) => each.host === host)));
  const logs = hosts.flatMap(({ host, jobs = [] }) =>
    jobs.map(({ job, lost }) => ({ host, job, lost, lines: linesOf({ host, job, offset: 0 }, ask) })),
  );
  const silent = [...expected].filter((host) => !hosts.some((each) => each.host === host));
  return { logs, silent };
}

async function* linesOf(
  first: Page,
  ask: (enough: (told: readonly Told[]) => boolean, page: Page) => Promise<readonly Told[]>,
): AsyncGenerator<string, void> {
  const decoder = new TextDecoder("utf-8");
  let rest = "";
  for (let at: number | null = first.offset; at !== null;) {
    const [told] = await ask((answers) => answers.length > 0, { ...first, offset: at });
    if (told?.page === undefined) {
      yield `[${first.host} does not answer any more]`;
      return;
    }
    const { data, next }: NonNullable<Told["page"]> = told.page;
    const lines = (rest + decoder.decode(Buffer.from(data, "base64"), { stream: next !== null })).split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
    at = next;
  }
  if (rest !== "") yield rest;
}
