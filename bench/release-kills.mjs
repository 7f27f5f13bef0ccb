import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { openAgent } from "./support/agent.mjs";
import { quantile } from "./support/figures.mjs";
import { machine } from "./support/machine.mjs";
import { startReader } from "./support/reader.mjs";

const KILLS = 1_000;
const FILES = 200;
const READERS = 2;
const REVISIONS = ["one", "two", "three", "four"];
/** The first file of a release, one in between, and the last that a build gets to. */
const READ = ["a/first", `many/${FILES / 2}`, "zz/last"];

/** The agent killed at random moments of its deploys, under the eyes of readers who never look away. */
export async function bench() {
  const on = machine();
  const many = Array.from({ length: FILES }, (_, at) => `many/${at}`);
  const script = "#!/bin/sh\n";
  const files = (revision) => ({
    ...Object.fromEntries([...many, ...READ].map((path) => [path, revision])),
    "deploy/pre-link": script,
    "deploy/post-deploy": script,
  });
  const agent = await openAgent(files, REVISIONS, { keep: 1 });
  const current = join(agent.root, "current");
  try {
    let longest = 0;
    for (const commit of [...agent.commits, ...agent.commits]) {
      const begun = performance.now();
      live(await agent.deploy(commit));
      longest = performance.now() - begun;
    }
    const readers = Array.from({ length: READERS }, () => startReader(current, READ));
    const moments = [];
    const ends = [];
    for (let kill = 1; kill <= KILLS; kill += 1) {
      const commit = agent.commits[kill % REVISIONS.length];
      const moment = Math.random() * longest;
      const deployed = agent.deploy(commit);
      await pause(moment);
      await agent.kill();
      await agent.start();
      const { outcome } = await deployed;
      ends.push(outcome);
      moments.push(moment);
      const [found, wanted] = [
        readFileSync(join(current, READ[0]), "utf8"),
        REVISIONS[kill % REVISIONS.length],
      ];
      if (outcome === "live" && found !== wanted)
        throw new Error(`${found} is live and not ${wanted}, after kill ${kill}`);
    }
    // What a kill left behind must not stop what comes next, nor stay.
    for (const commit of agent.commits) live(await agent.deploy(commit));
    const seen = await Promise.all(readers.map((each) => each.leave()));
    const reads = seen.reduce((sum, each) => sum + each.reads, 0);
    const torn = seen.flatMap((each) => each.wrong);
    const ended = (outcome) => ends.filter((each) => each === outcome).length;
    const releases = readdirSync(join(agent.root, "releases")).length;
    for (const each of torn.slice(0, 10)) console.error(each);
    return {
      title: `The agent killed with kill -9 ${KILLS.toLocaleString("en")} times, at a random moment of a deploy each, under the eyes of ${READERS} readers.`,
      target: "no read of what is not one whole release, no deploy refused",
      met: torn.length === 0 && ended("refused") === 0,
      headings: ["", ""],
      rows: [
        ["kills", KILLS.toLocaleString("en")],
        ["moment of the kill, after the order (median; 10 %, 90 % are under)", spread(moments)],
        ["deploys that were live in the end", ended("live").toLocaleString("en")],
        ["that were given up, the former release live", `${ends.length - ended("live") - ended("refused")}`],
        ["that were refused", `${ended("refused")}`],
        ["reads meanwhile", reads.toLocaleString("en")],
        ["**torn or failed reads**", `**${torn.length}**`],
        ["releases on the disk afterwards", `${releases}`],
      ],
      how:
        `\`skein agent\` is a process, and a broker another; signed commands as an orchestrator sends them ask for one of ${REVISIONS.length} revisions of ${FILES + READ.length} files in turn, with scripts; of former releases one is kept, so that each is built anew. ` +
        `At a random moment between the order and as long as the last undisturbed deploy took, the agent gets SIGKILL, and is started again; whoever ordered repeats it until it is answered, as an orchestrator does. ` +
        `Meanwhile ${READERS} threads look at \`current\` again and again: each resolves it once, and reads ${READ.length} files of what it names, which must be of one revision. ` +
        `Once all kills are done, each revision is deployed once more, and must go live.`,
      on,
    };
  } finally {
    await agent.close();
  }
}

function live({ outcome, reason }) {
  if (outcome !== "live") throw new Error(`a deploy ended ${outcome}: ${reason}`);
}

const spread = (values) =>
  [0.5, 0.1, 0.9].map((share) => `${quantile(values, share).toFixed(0)} ms`).join("; ");
