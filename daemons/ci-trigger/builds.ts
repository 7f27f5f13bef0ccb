import { openRecords, type Records } from "../../lib/effects/records.ts";
import type { Message } from "../../lib/messages/catalogue.ts";
import type { BuildId } from "../../lib/schema/names.ts";
import { type Followed, followed } from "./build.ts";

/** How long, and how many, builds are remembered after their end was told: what asked for them may be heard again. */
const REMEMBERED = 24 * 3_600_000;
const MOST_REMEMBERED = 1_000;

/** When a build is looked at next. It is forgotten with the process: whoever starts anew looks at once. */
interface Turn {
  readonly due: number;
  /** How often it was looked at in the same state. */
  readonly tries: number;
  /** Since when its server knows nothing of it. */
  readonly lost?: number | undefined;
}

/** All builds that are followed, on disk. */
export interface Builds {
  get(build: BuildId): Followed | undefined;
  /** Those that still have something to be done or told. */
  open(): Followed[];
  /** Changes one, in turn: what is changed is always what was written last. Undefined changes nothing. */
  change(
    build: BuildId,
    how: (found: Followed | undefined) => Followed | undefined,
  ): Promise<Followed | undefined>;
  turnOf(build: BuildId): Turn;
  setTurn(build: BuildId, turn: Turn): void;
  /** Messages that are not kept on disk: lines of logs, and what people are told. */
  readonly unsaid: Map<BuildId, Message[]>;
  /** Which builds are looked at just now. */
  readonly busy: Set<BuildId>;
  /** Which builds are told of just now. */
  readonly telling: Set<BuildId>;
  /** Forgets what ended long ago. */
  forget(now: number): Promise<void>;
}

const NOW: Turn = { due: 0, tries: 0 };

/** Opens a folder of builds. */
export async function openBuilds(folder: string, onDamaged: (file: string) => void): Promise<Builds> {
  const records: Records<Followed> = await openRecords(folder, followed, onDamaged);
  const turns = new Map<BuildId, Turn>();
  const open = new Set([...records.all.values()].filter(isOpen).map(({ build }) => build));
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = <Result>(work: () => Promise<Result>): Promise<Result> => {
    const next = last.then(work, work);
    last = next;
    return next;
  };
  return {
    get: (build) => records.all.get(build),
    open: () => [...open].flatMap((build) => records.all.get(build) ?? []),
    change: (build, how) =>
      inTurn(async () => {
        const changed = how(records.all.get(build));
        if (changed === undefined) return undefined;
        await records.put(build, changed);
        if (isOpen(changed)) open.add(build);
        else {
          open.delete(build);
          turns.delete(build);
        }
        return changed;
      }),
    turnOf: (build) => turns.get(build) ?? NOW,
    setTurn: (build, turn) => void turns.set(build, turn),
    unsaid: new Map(),
    busy: new Set(),
    telling: new Set(),
    forget: (now) =>
      inTurn(async () => {
        const closed = [...records.all.values()].filter((each) => !isOpen(each));
        const newest = closed.sort((a, b) => endOf(b) - endOf(a));
        for (const [index, each] of newest.entries())
          if (index >= MOST_REMEMBERED || endOf(each) < now - REMEMBERED) await records.remove(each.build);
      }),
  };
}

const isOpen = ({ told }: Followed): boolean => told !== "end";
const endOf = ({ end }: Followed): number => end?.at ?? 0;

/** The folders that are open in this process. A configuration that is read again goes on with the same builds. */
const folders = new Map<string, { readonly opened: Promise<Builds>; users: number }>();

/** Opens a folder of builds, or takes part in what has it open already. */
export function shareBuilds(folder: string, onDamaged: (file: string) => void): Promise<Builds> {
  const found = folders.get(folder) ?? { opened: openBuilds(folder, onDamaged), users: 0 };
  found.users += 1;
  folders.set(folder, found);
  return found.opened;
}

/** Says that one who shared it needs it no longer. */
export function leaveBuilds(folder: string): void {
  const found = folders.get(folder);
  if (found === undefined) return;
  found.users -= 1;
  if (found.users === 0) folders.delete(folder);
}
