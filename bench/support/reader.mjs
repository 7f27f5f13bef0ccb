import { readFileSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { parentPort, Worker, workerData } from "node:worker_threads";

/** How many reads between two looks at whether to leave. */
const READS = 50;

/**
 * Reads what a link names again and again, in a thread of its own: the link is resolved once for each read, and the files that
 * are read below it must all say the same.
 */
export function startReader(link, files) {
  const thread = new Worker(new URL(import.meta.url), { workerData: { link, files } });
  return {
    /** Ends it, and answers how often it read, and what it saw that was not whole. */
    leave: async () => {
      const seen = new Promise((resolve, reject) => thread.once("message", resolve).once("error", reject));
      thread.postMessage("leave");
      const found = await seen;
      await thread.terminate();
      return found;
    },
  };
}

if (parentPort !== null) {
  const { link, files } = workerData;
  const seen = { reads: 0, wrong: [] };
  let leaving = false;
  parentPort.on("message", () => (leaving = true));
  const look = () => {
    for (let read = 0; read < READS; read += 1) {
      seen.reads += 1;
      try {
        const root = realpathSync(link);
        const said = files.map((file) => readFileSync(join(root, file), "utf8"));
        if (said[0] === "" || said.some((each) => each !== said[0])) seen.wrong.push(said.join(", "));
      } catch (error) {
        seen.wrong.push(String(error));
      }
    }
    if (leaving) parentPort.postMessage(seen);
    else setTimeout(look, 1);
  };
  look();
}
