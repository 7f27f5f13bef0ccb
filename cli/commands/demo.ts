import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import colours from "picocolors";
import { http } from "../../lib/effects/http.ts";
import { Failure } from "../../lib/failure.ts";
import { catalogue } from "../../lib/messages/catalogue.ts";
import { type Envelope, lineOf } from "../../lib/messages/envelope.ts";
import { safeText } from "../../lib/safe-text.ts";
import { repositoryName, shortRevision } from "../../lib/schema/names.ts";
import { defineCommand } from "../command.ts";
import { type Cast, startCast } from "../demo/processes.ts";
import { push, setStage, type Stage } from "../demo/stage.ts";
import { type Times, watchTimes } from "../demo/times.ts";
import { announcePushes } from "../hooks.ts";
import { interrupted } from "../interrupted.ts";
import { print, span } from "../output.ts";
import { openSession, readSettings } from "../session.ts";
import { deploy } from "./deploy.ts";

/** Where the hosts of `npm start` answer; the demonstration that ends by itself takes any free ports. */
const FIRST_PORT = 8101;

const SHOP = repositoryName.parse("shop");

export const demo = defineCommand({
  options: (yargs) =>
    yargs
      .option("stay", { type: "boolean", default: false, describe: "Stay up afterwards, to try more" })
      .option("folder", {
        type: "string",
        default: ".skein/demo",
        describe: "Where it takes place, with --stay",
      }),
  run: async (args) => {
    const folder = args.stay ? resolve(args.folder) : await mkdtemp(join(tmpdir(), "skein-demo-"));
    const stage = await setStage(folder, args.stay ? FIRST_PORT : undefined);
    print(colours.dim(`three hosts, a central repository and a developer's clone, all in ${folder}`));
    await announcePushes(readSettings(stage), stage.central, SHOP);
    const cast = await startCast(stage);
    try {
      const lost = cast.lost.then((why) => {
        throw new Failure("COMMAND_FAILED", why);
      });
      await Promise.race([show(stage), lost]);
      if (args.stay) await stay(stage, cast);
    } finally {
      await cast.end();
      if (!args.stay) await rm(folder, { recursive: true, force: true });
    }
    return 0;
  },
});

/** Pushes, waits for the build, deploys, and asks every host what it serves. */
async function show(stage: Stage): Promise<void> {
  const session = await openSession(stage);
  try {
    const watched = Object.keys(catalogue).filter((type) =>
      /^(commit|build\.(started|finished)|mirror)/.test(type),
    );
    await session.hear(watched as Envelope["type"][], (envelope) => print(`  ${safeText(lineOf(envelope))}`));
    const times: Times = { pushed: Date.now(), live: new Map() };
    const { built } = await watchTimes(session, times);
    print(`\n${colours.bold("git push")}`);
    const revision = await push(stage);
    const build = await built(revision);
    if (build.outcome !== "passed")
      throw new Failure(
        "BUILD_NOT_PASSED",
        `The build of the sample ${build.outcome}: ${build.reason ?? ""}`,
      );

    print(`\n${colours.bold("skein deploy shop main")}`);
    const status = await deployMain(stage);
    if (status !== 0) throw new Failure("ROLLOUT_FAILED", "The rollout of the sample did not succeed");
    await insistServed(stage, revision);
    tellTimes(stage, times, revision);
  } finally {
    await session.close();
  }
}

function deployMain({ config }: Stage): Promise<number> {
  const words = {
    config,
    json: false,
    app: "shop",
    refs: ["main"],
    force: false,
    why: "the demonstration",
    dryRun: false,
    wait: true,
  };
  return deploy.run({
    ...words,
    _: [],
    $0: "skein",
    "dry-run": false,
    hosts: undefined,
    I: undefined,
    F: undefined,
    C: undefined,
    S: undefined,
    canary: undefined,
    batch: undefined,
    "on-failure": undefined,
    onFailure: undefined,
    key: undefined,
  });
}

/** Asks every host over HTTP which revision it serves. */
async function insistServed({ hosts }: Stage, revision: string): Promise<void> {
  for (const { host, port } of hosts) {
    const { status, body } = await http(`http://127.0.0.1:${port}/health`, { deadline: 5_000 });
    if (status === 200 && body.includes(revision)) continue;
    throw new Failure(
      "CHECK_FAILED",
      `${host} does not serve ${revision}: it answers ${status} ${body.toString("utf8").slice(0, 200)}`,
    );
  }
}

function tellTimes({ hosts }: Stage, { pushed, live }: Times, revision: string): void {
  const [first = 0, ...others] = [...live.values()].map((time) => time - pushed);
  const all = Math.max(first, ...others);
  print(
    `\n${hosts.length} hosts serve ${shortRevision(revision)}: ${colours.bold(span(first))} from push to live on the canary, ${colours.bold(span(all))} on all hosts`,
  );
}

async function stay({ folder, work, hosts, config }: Stage, cast: Cast): Promise<void> {
  const main = fileURLToPath(new URL("../main.js", import.meta.url));
  const aside = colours.dim;
  print(`
The shop is open:
${hosts.map(({ host, port }) => `  ${host}  http://127.0.0.1:${port}/`).join("\n")}

Try, in another terminal:
  alias skein="node ${main} --config ${config}"
  cd ${work}
  sed -i s/120/240/ app.mjs && git commit -am "Feathers cost more" && git push
  skein deploy shop main
  skein rollback shop
  skein status               ${aside("what is live where")}
  skein history              ${aside("who pushed, built and deployed what")}
  skein tail                 ${aside("every message, as it comes")}
  skein doctor               ${aside("what is protected, and how")}

The daemons log to ${join(folder, "up.log")}. Ctrl-C ends everything.`);
  const why = await Promise.race([interrupted().then(() => undefined), cast.lost]);
  if (why !== undefined) throw new Failure("COMMAND_FAILED", why);
}
