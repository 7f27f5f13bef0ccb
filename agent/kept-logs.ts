import { join } from "node:path";
import { readIfThere } from "../lib/effects/files.ts";
import { namesIn, readFrom, sizeFrom } from "../lib/effects/folders.ts";
import { type Data, type Message, message } from "../lib/messages/catalogue.ts";
import { MOST_PAGE } from "../lib/messages/catalogue/logs.ts";
import { carriedApps, type Here } from "./desk.ts";
import { scriptPhases } from "./flow.ts";
import { parts } from "./work.ts";

/** What a host has kept of what a program printed: its beginning, and its end where it was longer. */
interface Kept {
  readonly job: string;
  readonly folder: string;
  readonly head: number;
  readonly tail: number;
  /** Bytes in between that are gone. */
  readonly lost: number;
}

const JOB = new RegExp(`^(${parts.join("|")})-(${scriptPhases.join("|")})(?:-(\\d+))?$`);

/** Answers with what is kept of a rollout: which programs printed how much, or a page of one of them. */
export async function logsOf(
  { question, rollout, page }: Data<"log.asked">,
  here: Here,
): Promise<readonly Message[]> {
  if (page !== undefined && page.host !== here.host) return [];
  const kept = (
    await Promise.all(carriedApps(here).map(({ layout }) => keptIn(layout.jobs, rollout, page?.job)))
  ).flat();
  const [first] = kept;
  if (first === undefined) return [];
  const about = { question, rollout, host: here.host };
  if (page === undefined) {
    const jobs = kept.map(({ job, head, tail, lost }) => ({ job, bytes: head + tail, lost }));
    return [message("log.told", { ...about, jobs })];
  }
  return [message("log.told", { ...about, page: await pageOf(first, page.offset) })];
}

/** All that is kept of a rollout, or what is kept of one of its programs. */
async function keptIn(jobs: string, rollout: string, only?: string): Promise<readonly Kept[]> {
  const named = (await namesIn(jobs))
    .filter((name) => name.startsWith(`${rollout}-`))
    .map((name) => ({ name, job: name.slice(rollout.length + 1) }))
    .filter(({ job }) => JOB.test(job) && (only === undefined || job === only))
    .toSorted((one, other) => orderOf(one.job) - orderOf(other.job));
  return Promise.all(named.map(({ name, job }) => measured(job, join(jobs, name))));
}

/** Programs run part by part, phase by phase; what is ready-made comes before the script. */
function orderOf(job: string): number {
  const [, part = "", phase = "", place = "1000"] = JOB.exec(job) ?? [];
  return (
    (parts as readonly string[]).indexOf(part) * 1e6 +
    (scriptPhases as readonly string[]).indexOf(phase) * 1e4 +
    Number(place)
  );
}

async function measured(job: string, folder: string): Promise<Kept> {
  const [head, tail, cut] = await Promise.all([
    sizeFrom(join(folder, "head"), 0),
    sizeFrom(join(folder, "tail"), 0),
    readIfThere(join(folder, "cut")),
  ]);
  return { job, folder, head, tail, lost: Math.max(0, (Number(cut) || 0) - tail) };
}

async function pageOf({ job, folder, head, tail }: Kept, offset: number) {
  const [file, from] = offset < head ? ["head", offset] : ["tail", offset - head];
  const bytes = await readFrom(join(folder, file), from, MOST_PAGE);
  const next = offset + bytes.length;
  const isEnd = bytes.length === 0 || next >= head + tail;
  return { job, offset, data: bytes.toString("base64"), next: isEnd ? null : next };
}
