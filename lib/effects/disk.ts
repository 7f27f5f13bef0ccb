import { reasonOf } from "../failure.ts";

/** What the file system refuses, as the system names it, and as programs say it. */
const REFUSALS = [
  ["DISK_FULL", /\b(ENOSPC|EDQUOT)\b|No space left on device|Disk quota exceeded/],
  ["DISK_READ_ONLY", /\bEROFS\b|Read-only file system/],
  ["DISK_DENIED", /\b(EACCES|EPERM)\b|Permission denied|Operation not permitted/],
] as const;

/** The code of a failure that is about the file system, and would be the same for every revision; undefined for others. */
export const diskCodeOf = (error: unknown): (typeof REFUSALS)[number][0] | undefined =>
  REFUSALS.find(([, said]) => said.test(reasonOf(error)))?.[0];
