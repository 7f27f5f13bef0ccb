import { z } from "zod";
import { openRecords } from "../../lib/effects/records.ts";
import { catalogue, type Data } from "../../lib/messages/catalogue.ts";
import type { Envelope } from "../../lib/messages/envelope.ts";
import type { Memory } from "./about.ts";

/** How many rollouts and pushes are remembered. */
const MOST = 500;

/** Remembers what later messages are about. */
export interface Recollection extends Memory {
  remember(envelope: Envelope): Promise<void>;
}

const rolloutStarted: z.ZodType<Data<"rollout.started">> = catalogue["rollout.started"].data;

/** Rollouts are kept on disk: a forge that was told of the begin of one must be told of its end. Pushes only make texts better. */
export async function openMemory(folder: string, onDamaged: (file: string) => void): Promise<Recollection> {
  const rollouts = await openRecords(folder, rolloutStarted, onDamaged);
  const pushes = new Map<string, Data<"commit.pushed">>();
  const remembered = async (started: Data<"rollout.started">) => {
    if (rollouts.all.has(started.rollout)) return;
    await rollouts.put(started.rollout, started);
    const oldest = [...rollouts.all].toSorted(([, a], [, b]) => a.at.localeCompare(b.at));
    for (const [rollout] of oldest.slice(0, -MOST)) await rollouts.remove(rollout);
  };
  return {
    rollout: (id) => rollouts.all.get(id),
    push: (revision) => pushes.get(revision),
    remember: async ({ type, data }) => {
      if (type === "rollout.started") await remembered(data);
      if (type !== "commit.pushed") return;
      pushes.set(data.after, data);
      for (const revision of [...pushes.keys()].slice(0, -MOST)) pushes.delete(revision);
    },
  };
}
