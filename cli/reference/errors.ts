import { type Code, codes } from "../../lib/codes.ts";
import { exitStatusOf } from "../../lib/daemon/process.ts";
import { Failure } from "../../lib/failure.ts";
import { code, pageHead, pageOf } from "./markdown.ts";

/** Every error code. */
export function errorsPage(): string {
  return pageOf([
    ...pageHead(
      "Error codes",
      "Every error says what was attempted, and carries one of these codes: in brackets after the text on the command line, as `code` in " +
        "messages and in `--json`. A code never changes its meaning. Those that begin with `E_` are a host's refusal of a command, in the " +
        "order of its checks: what comes first in this list is looked at first, and nothing has run when one is given.",
      "The exit status is that of a command or daemon that ends for this reason; see [commands](commands.md#exit-statuses).",
    ),
    ...(Object.keys(codes) as Code[]).flatMap((each) => [
      `## ${each}`,
      `${codes[each][0]}\n`.trim(),
      `What to do: ${codes[each][1]} Exit status ${code(String(exitStatusOf(new Failure(each, ""))))}.`,
    ]),
  ]);
}
