import { spawn } from "node:child_process";
import { setTimeout as pause } from "node:timers/promises";
import { openAgent } from "./support/agent.mjs";
import { median, ms } from "./support/figures.mjs";
import { machine } from "./support/machine.mjs";
import { end, processorTime, residentMemory } from "./support/processes.mjs";

const DEPLOYS = 1_000;
const BATCH = 50;
const SETTLE = 30_000;
const TARGET = { cpu: 30, times: 1.3, more: 25, growth: 1.1 };

/** What the agent itself takes: while nothing happens, for each deploy, and after a thousand of them. */
export async function bench() {
  const on = machine();
  const nothing = spawn(process.execPath, ["-e", "setInterval(() => {}, 1e9)"], { stdio: "ignore" });
  const script = "#!/bin/sh\n";
  const files = (page) => ({
    page,
    "deploy/pre-deploy": script,
    "deploy/pre-link": script,
    "deploy/post-deploy": script,
  });
  const agent = await openAgent(files, ["one", "two"]);
  try {
    await pause(SETTLE);
    const [idle, node] = [agent.pid(), nothing.pid].map(residentMemory);
    const batches = [];
    const performed = [];
    const memory = [];
    for (let done = 0; done < DEPLOYS; done += BATCH) {
      const before = processorTime(agent.pid());
      for (let each = 0; each < BATCH; each += 1) {
        const { outcome, reason, spent } = await agent.deploy(agent.commits[each % 2]);
        if (outcome !== "live") throw new Error(`a deploy ended ${outcome}: ${reason}`);
        performed.push(spent * 1_000);
      }
      batches.push(((processorTime(agent.pid()) - before) / BATCH) * 1_000);
      memory.push(residentMemory(agent.pid()));
    }
    // The first half warms up; what grows for ever would show in the second.
    const half = memory.slice(memory.length / 2);
    const growth = median(half.slice(half.length / 2)) / median(half.slice(0, half.length / 2));
    const cpu = median(performed);
    const most = node * TARGET.times + TARGET.more;
    return {
      title: `The agent itself: at rest, for each of ${DEPLOYS.toLocaleString("en")} deploys, and after them.`,
      target: `under ${TARGET.cpu} ms of processor time for a deploy; at rest at most ${TARGET.times} times the memory of a Node that does nothing and ${TARGET.more} MB; no growth`,
      met: cpu < TARGET.cpu && idle <= most && growth < TARGET.growth,
      headings: ["", "", "target"],
      rows: [
        ["**processor time of the agent, accepted → finished**", `**${ms(cpu)}**`, `under ${TARGET.cpu} ms`],
        ["with what admits the command, and waits for the next one", ms(median(batches)), ""],
        ["**resident memory at rest**", `**${megabytes(idle)}**`, `at most ${megabytes(most)}`],
        ["of a Node that does nothing", megabytes(node), ""],
        [`after ${BATCH} deploys`, megabytes(memory[0]), ""],
        [`after ${DEPLOYS / 2}`, megabytes(half[0]), ""],
        [`after ${DEPLOYS}`, megabytes(memory.at(-1)), ""],
        ["**growth in the last half of them**", `**${growth.toFixed(2)}×**`, `under ${TARGET.growth}×`],
      ],
      how:
        `A broker and \`skein agent\`, each a process; signed commands over the broker, as an orchestrator sends them, for two revisions in turn of a small repository with three scripts that do nothing. ` +
        `Both releases are built before: what remains is the agent's own. The processor time is what the kernel counted for the threads of the agent (schedstat), without that of git and of scripts, which are processes of their own, from when \`deploy.accepted\` was heard to when \`deploy.finished\` was, the median of all; and in all, the median of batches of ${BATCH}: with git asked for the refs of the commit, signatures checked, and messages heard. ` +
        `Memory is VmRSS: at rest ${SETTLE / 1_000} s after the start, side by side with the other Node; growth is the median of the last quarter beside that of the third.`,
      on,
    };
  } finally {
    await agent.close();
    await end(nothing);
  }
}

const megabytes = (value) => `${value.toFixed(1)} MB`;
