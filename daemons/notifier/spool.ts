import { join } from "node:path";
import { z } from "zod";
import { openRecords } from "../../lib/effects/records.ts";
import { notice } from "./notice.ts";
import type { Addressed } from "./rules.ts";

const waiting = z.object({
  channel: z.string(),
  /** Counts up: the order in which it is told. */
  sequence: z.int(),
  queued: z.string(),
  notice,
  limit: z.object({ rule: z.string(), count: z.number(), window: z.number() }).optional(),
});
export type Waiting = z.infer<typeof waiting>;

/** How many messages a channel remembers to have been told of: a message that comes again soon is not told again. */
const REMEMBERED = 1_000;
const told = z.object({ ids: z.array(z.string()) });

/** What waits to be told, and what was told lately: on disk, so that it outlives whatever ends the process. */
export interface Spool {
  /** What waits for a channel, the oldest first. */
  of(channel: string): readonly Waiting[];
  channels(): readonly string[];
  /** Resolves when it is on disk; what waits already, or was told lately, changes nothing. */
  add(addressed: Addressed, now: Date): Promise<void>;
  /** These are told, or given up. */
  settle(channel: string, entries: readonly Waiting[]): Promise<void>;
}

/** What is told of that goes wrong. */
interface Troubles {
  readonly damaged: (file: string) => void;
  readonly unwritten: (error: unknown) => void;
}

/** Opens the spool of a folder. */
export async function openSpool(folder: string, { damaged, unwritten }: Troubles): Promise<Spool> {
  const disk = await openRecords(join(folder, "waiting"), waiting, damaged);
  const memory = await openRecords(join(folder, "told"), told, damaged);
  const recent = new Map([...memory.all].map(([channel, { ids }]) => [channel, new Set(ids)]));
  const queues = new Map<string, Waiting[]>();
  const known = new Set<string>();
  const keep = (entry: Waiting) => {
    const queue = queues.get(entry.channel) ?? [];
    const place = queue.findLastIndex(({ sequence }) => sequence < entry.sequence);
    queue.splice(place + 1, 0, entry);
    queues.set(entry.channel, queue);
  };
  let sequence = 0;
  for (const [key, entry] of disk.all) {
    sequence = Math.max(sequence, entry.sequence);
    // It was told just before the end came.
    if (recent.get(entry.channel)?.has(entry.notice.id) === true) await disk.remove(key);
    else {
      known.add(key);
      keep(entry);
    }
  }
  return {
    of: (channel) => queues.get(channel) ?? [],
    channels: () => [...queues].filter(([, queue]) => queue.length > 0).map(([channel]) => channel),
    add: async ({ channel, notice: told, limit }, now) => {
      const key = keyOf(channel, told.id);
      if (known.has(key) || recent.get(channel)?.has(told.id) === true) return;
      known.add(key);
      sequence += 1;
      const entry = {
        channel,
        sequence,
        queued: now.toISOString(),
        notice: told,
        ...(limit === undefined ? {} : { limit }),
      };
      // A full disk is when people most want to be told: it waits in memory then.
      await disk.put(key, entry).catch(unwritten);
      keep(entry);
    },
    settle: async (channel, entries) => {
      const ids = recent.get(channel) ?? new Set<string>();
      for (const { notice: settled } of entries) ids.add(settled.id);
      const newest = [...ids].slice(-REMEMBERED);
      recent.set(channel, new Set(newest));
      const gone = new Set(entries.map((entry) => entry.sequence));
      queues.set(
        channel,
        (queues.get(channel) ?? []).filter((each) => !gone.has(each.sequence)),
      );
      await memory.put(channel, { ids: newest }).catch(unwritten);
      for (const { notice: settled } of entries) {
        const key = keyOf(channel, settled.id);
        known.delete(key);
        await disk.remove(key).catch(unwritten);
      }
    },
  };
}

const keyOf = (channel: string, id: string): string => `${channel}\n${id}`;
