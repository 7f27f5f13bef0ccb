import { Failure, reasonOf } from "../../lib/failure.ts";
import { safeText } from "../../lib/safe-text.ts";
import { type DeadLetter, goThrough, MOST } from "../dead-letters.ts";
import { defineCommand } from "../command.ts";
import { note, print, printJson, table } from "../output.ts";
import { type Session, withSession } from "../session.ts";

export const dead = defineCommand({
  options: (yargs) =>
    yargs
      .positional("action", {
        choices: ["list", "show", "retry", "drop"] as const,
        default: "list" as const,
        describe: "What to do: `retry` sends letters where they were meant for, `drop` throws them away",
      })
      .positional("ids", {
        type: "string",
        array: true,
        default: [],
        describe: "Which, as the list has them",
      })
      .option("all", { type: "boolean", default: false, describe: "Retry or drop all that the list has" }),
  run: (args) =>
    withSession(args, async (session) => {
      if (args.action === "list") return list(session, args.json);
      const ids = new Set(args.ids);
      if (ids.size === 0 && !(args.all && args.action !== "show"))
        throw new Failure(
          "NAME_INVALID",
          `Cannot ${args.action} nothing: name a letter, as \`skein dead\` has it`,
        );
      const wanted = ({ id }: DeadLetter) => args.all || ids.has(id);
      const act = ACTIONS[args.action];
      let failed = 0;
      const seen = await goThrough(session, async (letter) => {
        if (!wanted(letter)) return false;
        try {
          return await act(letter, session, args.json);
        } catch (error) {
          failed += 1;
          note(`skein: ${letter.id} stays: ${safeText(reasonOf(error))}`);
          return false;
        }
      });
      const missing = [...ids].filter((each) => !seen.some(({ id }) => id === each));
      for (const each of missing) note(`skein: there is no dead letter ${JSON.stringify(each)}`);
      return failed + missing.length === 0 ? 0 : 1;
    }),
});

async function list(session: Session, json: boolean): Promise<number> {
  const letters = await goThrough(session, () => Promise.resolve(false));
  if (json) for (const { body, ...each } of letters) printJson({ ...each, bytes: body.length });
  else if (letters.length === 0) print("Nothing lies in the dead letters.");
  else
    print(
      table(
        ["id", "meant for", "why", "", "bytes"],
        letters.map(({ id, meantFor, code, reason, body }) => [
          id,
          meantFor,
          code,
          reason.slice(0, 100),
          String(body.length),
        ]),
      ),
    );
  if (letters.length >= MOST) note(`skein: these are the first ${MOST}; there may be more`);
  return 0;
}

/** Each does something with a letter, and answers with whether it is to be gone. */
const ACTIONS = {
  show: (letter: DeadLetter, _session: Session, json: boolean) => {
    const { body, ...about } = letter;
    const text = Buffer.from(body).toString("utf8");
    if (json) printJson({ ...about, body: text });
    else {
      print(`${letter.id}  ${safeText(letter.meantFor)}`);
      print(`${letter.code}  ${safeText(letter.reason)}`);
      for (const [name, value] of Object.entries(letter.headers))
        print(`${safeText(name)}: ${safeText(value)}`);
      print();
      print(text.split("\n").map(safeText).join("\n"));
    }
    return Promise.resolve(false);
  },
  retry: async (letter: DeadLetter, { bus, settings }: Session) => {
    const { prefix } = settings.topics;
    const { meantFor: destination, headers, body } = letter;
    // Whoever may write to the dead letters must not send elsewhere by the hand of who looks at them.
    if (!["topic", "queue"].some((kind) => destination.startsWith(`/${kind}/${prefix}.`)))
      throw new Failure("NAME_INVALID", `it was meant for ${destination}, which is not below ${prefix}`);
    await bus.publish({ destination, headers, body, persistent: true });
    print(`${letter.id}  sent to ${safeText(destination)}`);
    return true;
  },
  drop: (letter: DeadLetter) => {
    print(`${letter.id}  dropped`);
    return Promise.resolve(true);
  },
};
