import type { Disk, DiskFile } from "./disk.ts";
import type { Entry } from "./entry.ts";
import { encodeRecord } from "./record.ts";
import { type Segment, segmentName, segmentNames, unfinishedName } from "./segment.ts";
import type { Stored } from "./stored.ts";

const AT_ONCE = 512;

/**
 * Writes what still counts to a new segment, and removes the old ones. Whenever the broker dies on the way, the
 * segments that are left amount to the same: a new one repeats the old, and repetition changes nothing.
 */
export async function compact(disk: Disk, stored: Stored, old: Segment): Promise<Segment> {
  const number = old.number + 1;
  const file = await disk.open(unfinishedName(number));
  try {
    const length = await writeAll(file, stored);
    await disk.rename(unfinishedName(number), segmentName(number));
    await disk.sync();
    await retire(disk, old);
    return { number, file, length };
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function writeAll(file: DiskFile, stored: Stored): Promise<number> {
  let length = 0;
  for (const group of groups(stored.entries())) {
    const record = encodeRecord(group);
    await file.write([record], length);
    length += record.length;
  }
  await file.truncate(length);
  await file.sync();
  return length;
}

function* groups(entries: Iterable<Entry>): Generator<readonly Entry[], void, void> {
  let group: Entry[] = [];
  for (const entry of entries) {
    group.push(entry);
    if (group.length < AT_ONCE) continue;
    yield group;
    group = [];
  }
  if (group.length > 0) yield group;
}

/** An old segment that stays does no harm: it is read before the new one, and goes with the next compaction. */
async function retire(disk: Disk, old: Segment): Promise<void> {
  const ignore = (): void => undefined;
  await old.file.close().catch(ignore);
  for (const name of await segmentNames(disk).catch(() => [])) {
    if (name <= segmentName(old.number)) await disk.remove(name).catch(ignore);
  }
}
