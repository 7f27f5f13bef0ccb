#!/usr/bin/env node
import yargs from "yargs";
import { hideBin } from "yargs/helpers";
import { EXIT, EXIT_MEANS, exitStatusOf } from "../lib/daemon/process.ts";
import { Failure, reasonOf } from "../lib/failure.ts";
import { safeText } from "../lib/safe-text.ts";
import { VERSION } from "../lib/version.ts";
import { type Command, commonOptions, type CommonArguments } from "./command.ts";
import { COMMANDS } from "./commands.ts";
import { note } from "./output.ts";
import { UsageError } from "./usage.ts";

const STATUSES = Object.entries(EXIT)
  .map(([name, status]) => `${status} ${EXIT_MEANS[name as keyof typeof EXIT]}`)
  .join(", ");

/** Runs the command line and answers the exit status. */
async function main(words: readonly string[]): Promise<number> {
  let status: number = EXIT.ok;
  const parser = commonOptions(yargs(words))
    .scriptName("skein")
    .usage("$0 COMMAND\n\nDeploy daemons that fly in formation.")
    .demandCommand(1, "Say what to do, for example: skein status")
    .recommendCommands()
    .strict()
    .completion("completion", "Print a script that completes commands in your shell")
    .epilogue(`Exit status: ${STATUSES}.`)
    .version(VERSION)
    .wrap(Math.min(110, process.stdout.columns ?? 80))
    .exitProcess(false)
    .fail((message: string | null, error: unknown) => {
      if (error instanceof Error) throw error;
      throw new UsageError(complaint(message ?? "Wrong words on the command line", words), commandOf(words));
    });
  for (const [words, { describe, load }] of Object.entries(COMMANDS)) {
    // Loaded only when it is asked for: a command line should start at once.
    let command: Command<CommonArguments> | undefined;
    parser.command(
      words,
      describe,
      async (each) => {
        command = (await load()) as Command<CommonArguments>;
        return command.options(each);
      },
      async (args) => {
        refuseOddNumbers(args);
        if (command !== undefined) status = await command.run(args);
      },
    );
  }
  await parser.parseAsync();
  return status;
}

/** Whoever meant `-x` in `deploy shop -x` for a ref should read why it is none. */
function complaint(message: string, words: readonly string[]): string {
  const takes = commandOf(words);
  const lacks = message.startsWith("Not enough") && takes !== undefined;
  if (!lacks && !message.startsWith("Unknown argument")) return message;
  const dashed = words.filter((word) => /^-[^-]/.test(word));
  const counted =
    dashed.length === 0
      ? ""
      : `; ${dashed.map((word) => JSON.stringify(word)).join(", ")} counts as an option`;
  return `${lacks ? `Not enough words: it is skein ${takes}` : message}${counted}`;
}

/** The command that was asked for, with the words that it takes. */
const commandOf = (words: readonly string[]): string | undefined =>
  Object.keys(COMMANDS).find((each) => words.includes(each.split(" ", 1)[0] ?? ""));

/** Every number of the command line counts something. */
function refuseOddNumbers(args: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(args))
    if (typeof value === "number" && !(Number.isSafeInteger(value) && value >= 0))
      throw new UsageError(`--${name} must be a whole number, 0 or more`, commandOf(hideBin(process.argv)));
}

/** What a person reads of an error: what was attempted, what was wrong, what to do. */
function explain(error: unknown): string {
  const said = reasonOf(error).split("\n").map(safeText).join("\n");
  if (error instanceof UsageError)
    return `skein: ${said}\nTry: skein ${error.command === undefined ? "" : `${error.command} `}--help`;
  if (error instanceof Failure) return `skein: ${said}\n  ${error.advice} [${error.code}]`;
  return `skein: ${said}${process.env["SKEIN_DEBUG"] === undefined ? "" : `\n${error instanceof Error ? error.stack : ""}`}`;
}

/** Whoever reads what we say slowly gets all of it. */
const flushed = (stream: NodeJS.WriteStream): Promise<void> =>
  new Promise((resolve) => stream.write("", () => resolve()));

/** The exit is asked for: what still waits for a broker must not keep a command alive. */
async function leave(status: number): Promise<never> {
  for (const stream of [process.stdout, process.stderr]) await flushed(stream);
  process.exit(status);
}

try {
  await leave(await main(hideBin(process.argv)));
} catch (error) {
  note(explain(error));
  await leave(error instanceof UsageError ? EXIT.usage : exitStatusOf(error));
}
