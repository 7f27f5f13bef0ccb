import type { Log } from "../log.ts";
import { compact } from "./compact.ts";
import type { Disk } from "./disk.ts";
import { RecordReader } from "./record.ts";
import { removeUnfinished, type Segment, segmentName, segmentNames } from "./segment.ts";
import { Stored } from "./stored.ts";

/** Reads what a former broker left, as far as it is whole, and opens the segment to go on in. */
export async function recover(disk: Disk, log: Log): Promise<{ stored: Stored; segment: Segment }> {
  await removeUnfinished(disk);
  const names = await segmentNames(disk);
  const stored = new Stored();
  let length = 0;
  for (const name of names) length = await readSegment(disk, name, stored, log);
  const number = Number.parseInt(names.at(-1) ?? "1", 10);
  const file = await disk.open(segmentName(number));
  await file.truncate(length);
  await file.sync();
  await disk.sync();
  const last: Segment = { number, file, length };
  return { stored, segment: names.length > 1 ? await compact(disk, stored, last) : last };
}

/** How many bytes of it are whole records. */
async function readSegment(disk: Disk, name: string, stored: Stored, log: Log): Promise<number> {
  const reader = new RecordReader();
  let size = 0;
  for await (const chunk of disk.read(name)) {
    size += chunk.length;
    for (const entry of reader.read(chunk)) stored.apply(entry);
  }
  const cut = size - reader.length;
  // The usual reason is a broker that died while it wrote: nobody was told that those entries are safe.
  if (cut > 0) log({ level: "warn", event: "journal.cut", segment: name, bytes: cut });
  return reader.length;
}
