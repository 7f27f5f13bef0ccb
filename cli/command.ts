import type { Argv, ArgumentsCamelCase } from "yargs";

/** Options that every command takes. */
export interface CommonArguments {
  readonly config?: string | undefined;
  readonly json: boolean;
}

/** Adds them. */
export const commonOptions = (yargs: Argv): Argv<CommonArguments> =>
  yargs
    .option("config", { type: "string", describe: "The configuration file", global: true })
    .option("json", { type: "boolean", default: false, describe: "Answer as lines of JSON", global: true });

/** One command of `skein`: one file in `commands/`. */
export interface Command<Arguments> {
  readonly options: (yargs: Argv<CommonArguments>) => Argv<Arguments>;
  /** Does the work and answers the exit status. */
  readonly run: (args: ArgumentsCamelCase<Arguments>) => Promise<number>;
}

/** Defines a command; the types of its options flow into `run`. */
export function defineCommand<Arguments>(command: Command<Arguments>): Command<Arguments> {
  return command;
}
