import type { Argv } from "yargs";
import { EXIT, EXIT_MEANS } from "../../lib/daemon/process.ts";
import { type Command, commonOptions, type CommonArguments } from "../command.ts";
import { COMMANDS } from "../commands.ts";
import { code, pageHead, pageOf, tableOf } from "./markdown.ts";

/** A word or an option of a command, as its definition has it. */
interface Spoken {
  readonly name: string;
  readonly positional: boolean;
  readonly type?: string;
  readonly describe?: string;
  readonly choices?: readonly string[];
  readonly default?: string | number | boolean;
  readonly demandOption?: boolean;
  readonly alias?: string;
}

/** Every command with its options, and what the exit statuses mean. */
export async function commandsPage(): Promise<string> {
  const sections = await Promise.all(Object.entries(COMMANDS).map(sectionOf));
  return pageOf([
    ...pageHead(
      "Commands",
      "`skein COMMAND`; `skein COMMAND --help` says the same as this page. `skein completion` prints a script that completes commands in your shell. " +
        "What is asked for goes to standard output, everything else to standard error. An option that can be turned on can be turned off: `--no-wait`.",
    ),
    "## Every command",
    optionsTable(spokenBy((yargs) => commonOptions(yargs))),
    ...sections.flat(),
    "## Exit statuses",
    tableOf(
      ["status", "meaning"],
      Object.entries(EXIT).map(([name, status]) => [
        code(String(status)),
        EXIT_MEANS[name as keyof typeof EXIT],
      ]),
    ),
  ]);
}

async function sectionOf([words, { describe, load }]: [string, (typeof COMMANDS)[string]]): Promise<
  string[]
> {
  const { options } = (await load()) as Command<CommonArguments>;
  const spoken = spokenBy(options);
  const [name = ""] = words.split(" ");
  return [
    `## ${name}`,
    `${code(`skein ${words}`)}: ${describe}.`,
    ...(spoken.length === 0 ? [] : [optionsTable(spoken)]),
  ];
}

/** What a command says of its words and options, written down instead of parsed. */
function spokenBy(options: (yargs: Argv<CommonArguments>) => unknown): readonly Spoken[] {
  const spoken: Spoken[] = [];
  const listener: object = {
    option: (name: string, about: object) => note(name, false, about),
    positional: (name: string, about: object) => note(name, true, about),
    // A command may take `--version` for a word of its own.
    version: () => listener,
  };
  const note = (name: string, positional: boolean, about: object) => {
    spoken.push({ name, positional, ...about });
    return listener;
  };
  options(listener as unknown as Argv<CommonArguments>);
  return spoken.toSorted((one, other) => Number(other.positional) - Number(one.positional));
}

function optionsTable(spoken: readonly Spoken[]): string {
  return tableOf(
    ["", "value", "where it is left out", "what it is"],
    spoken.map((each) => [nameOf(each), valueOf(each), initialOf(each), each.describe ?? ""]),
  );
}

const nameOf = ({ name, positional, alias }: Spoken): string =>
  code(positional ? `<${name}>` : `--${name}`) + (alias === undefined ? "" : `, ${code(`-${alias}`)}`);

function valueOf({ choices, type }: Spoken): string {
  if (choices !== undefined) return choices.map(code).join(", ");
  return type === "boolean" ? "" : type === "number" ? "a number" : "text";
}

function initialOf({ demandOption, default: initial, type }: Spoken): string {
  if (demandOption === true) return "must be there";
  if (type === "boolean") return initial === true ? "on" : "off";
  return initial === undefined || initial === "" ? "" : code(`${initial}`);
}
