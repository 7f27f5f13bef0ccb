import { defineDaemon } from "../lib/daemon/define.ts";
import { aliveOf, answerTo } from "./alive.ts";
import { agentConfig } from "./config.ts";
import { openDesk } from "./desk.ts";
import { logsOf } from "./kept-logs.ts";
import { obey } from "./obey.ts";
import { news, resume } from "./resume.ts";

/** The process on each host that carries apps: it checks what it is told, and deploys. */
export const agent = defineDaemon({
  name: "agent",
  summary:
    "Deploys apps to its host: checks every command, prepares releases, makes them live, takes them back.",
  config: agentConfig,
  deps: openDesk,
  dispose: (desk) => desk.close(),
  // A deploy may take long; questions, cancels and the deploys of other apps do not wait for it.
  concurrency: 32,
  on: {
    "deploy.authorised": obey,
    "deploy.go": obey,
    "deploy.cancelled": obey,
    "host.asked": answerTo,
    "log.asked": logsOf,
  },
  reconcile: async function* (here) {
    await resume(here);
    yield await aliveOf(here);
  },
  every: { interval: () => 1_000, tick: news },
});
