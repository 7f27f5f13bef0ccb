import { Worker } from "node:worker_threads";
import { afterEach, expect, test } from "vitest";
import { aHost, type Host } from "./support/host.ts";

let host: Host;
afterEach(() => host.close());

const DEPLOYS = 200;

/** Opens both files of what is live, again and again, by one resolution of the link; they must be of one release. */
const READER = `
const { parentPort, workerData } = require("node:worker_threads");
const { readFileSync, realpathSync } = require("node:fs");
const seen = { reads: 0, wrong: [] };
let stop = false;
parentPort.on("message", () => (stop = true));
const read = () => {
  for (let time = 0; time < 50; time += 1) {
    try {
      const live = realpathSync(workerData);
      const [one, two] = ["one", "two"].map((name) => readFileSync(live + "/" + name, "utf8"));
      if (one !== two || one === "") seen.wrong.push(one + "/" + two);
      seen.reads += 1;
    } catch (error) {
      seen.wrong.push(String(error));
    }
  }
  if (stop) parentPort.postMessage(seen);
  else setTimeout(read, 1);
};
read();
`;

test(`whoever follows current during ${DEPLOYS} deploys always finds one complete release`, async () => {
  host = await aHost();
  const revisions = Array.from({ length: 4 }, (_, at) => host.origin.commit({ one: `${at}`, two: `${at}` }));
  await host.deploy(revisions[0]!);
  const reader = new Worker(READER, { eval: true, workerData: host.layout.current });
  for (let time = 1; time <= DEPLOYS; time += 1) {
    const { finished } = await host.deploy(revisions[time % 4]!);
    expect(finished?.outcome).toBe("live");
  }
  const seen = new Promise<{ reads: number; wrong: string[] }>((resolve) => reader.once("message", resolve));
  reader.postMessage("stop");
  const { reads, wrong } = await seen;
  await reader.terminate();
  expect(wrong).toEqual([]);
  expect(reads).toBeGreaterThan(DEPLOYS);
}, 120_000);
