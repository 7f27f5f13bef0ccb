import type { Disk, DiskFile } from "./disk.ts";

const NAME = /^\d{8}\.journal$/;
const UNFINISHED = /^\d{8}\.new$/;

/** The file that the journal is written to. */
export interface Segment {
  readonly number: number;
  readonly file: DiskFile;
  readonly length: number;
}

const digits = (number: number) => String(number).padStart(8, "0");

/** What a segment is called. */
export const segmentName = (number: number): string => `${digits(number)}.journal`;

/** What a segment is called while it is being made. */
export const unfinishedName = (number: number): string => `${digits(number)}.new`;

/** The segments in a folder, the oldest first. */
export async function segmentNames(disk: Disk): Promise<readonly string[]> {
  const names = await disk.list();
  return names.filter((name) => NAME.test(name)).toSorted((one, other) => (one < other ? -1 : 1));
}

/** Removes what a broker that died had not finished. */
export async function removeUnfinished(disk: Disk): Promise<void> {
  const names = await disk.list();
  for (const name of names.filter((each) => UNFINISHED.test(each))) await disk.remove(name);
}
