import { commandsPage } from "./commands.ts";
import { configurationPage } from "./configuration.ts";
import { errorsPage } from "./errors.ts";
import { messagesPage } from "./messages.ts";
import { pipelinePage } from "./pipeline.ts";
import { trustPage } from "./trust.ts";

/** Every page of the reference by its file name. `pipeline` is the example of a pipeline that is shown. */
export async function referencePages(pipeline: string): Promise<Readonly<Record<string, string>>> {
  return {
    "commands.md": await commandsPage(),
    "configuration.md": configurationPage(),
    "errors.md": errorsPage(),
    "messages.md": messagesPage(),
    "pipeline.md": pipelinePage(pipeline),
    "trust.md": trustPage(),
  };
}
