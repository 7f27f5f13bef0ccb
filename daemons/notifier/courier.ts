import { isDeepStrictEqual } from "node:util";
import { pause } from "../../lib/effects/clock.ts";
import type { Outcome, Sender } from "../../lib/effects/notify/sender.ts";
import { counted } from "../../lib/messages/catalogue/entry.ts";
import { reasonOf } from "../../lib/failure.ts";
import type { Log } from "../../lib/log.ts";
import { safeText } from "../../lib/safe-text.ts";
import { nextOf } from "./next.ts";
import type { Notice } from "./notice.ts";
import type { Addressed } from "./rules.ts";
import { type Channel, isForPeople, type Settings } from "./settings.ts";
import type { Spool, Waiting } from "./spool.ts";

type Clock = () => Date;

/** Brings notices to channels: each in order, none held up by another. */
export interface Courier {
  /** Takes up what is configured now. A channel that cannot be opened stays as it was. */
  configure(config: Settings, open: (name: string, channel: Channel) => Sender<Notice>): void;
  /** Resolves when they are on disk; they are on their way then. */
  take(addressed: readonly Addressed[], now: Clock): Promise<void>;
  /** Sees to all that is due. */
  wake(now: Clock): Promise<void>;
  /** What people should know of it, since it was last asked. */
  troubles(now: Clock): readonly string[];
  /** Lets what is under way come to its end, for a moment. */
  stop(): Promise<void>;
}

interface Circumstances {
  readonly spool: Spool;
  readonly log: Log;
  readonly random?: () => number;
}

/** Milliseconds after the first failure, and at most. */
const FIRST_DELAY = 1_000;
const MOST_DELAY = 300_000;

/** How long a stop waits for what is under way, in milliseconds. */
const PATIENCE = 3_000;

/** How often people hear of the troubles of a channel, in milliseconds. */
const TROUBLE_INTERVAL = 600_000;

/** How many reasons people are told at once. */
const MOST_REASONS = 5;

interface Line {
  channel: Channel;
  sender: Sender<Notice>;
  failures: number;
  due: number;
  readonly toldAt: Map<string, number[]>;
  underway: readonly Waiting[];
  running: Promise<void> | undefined;
  readonly lost: Map<string, number>;
  lastTrouble: number;
}

const newLine = (channel: Channel, sender: Sender<Notice>): Line => ({
  channel,
  sender,
  failures: 0,
  due: 0,
  toldAt: new Map(),
  underway: [],
  running: undefined,
  lost: new Map(),
  lastTrouble: 0,
});

/** Opens a courier for what is in a spool. */
export function openCourier({ spool, log, random = Math.random }: Circumstances): Courier {
  const lines = new Map<string, Line>();
  const stopping = new AbortController();
  const outOfTime = new AbortController();
  let config: Settings | undefined;

  const lose = (name: string, line: Line, entries: readonly Waiting[], why: string) => {
    log.warn(
      { channel: name, messages: entries.map(({ notice }) => notice.id).slice(0, 20) },
      `${counted(entries.length, "notice")} not told: ${safeText(why)}`,
    );
    const reason = line.lost.has(why) || line.lost.size < MOST_REASONS ? why : "and for other reasons";
    line.lost.set(reason, (line.lost.get(reason) ?? 0) + entries.length);
  };

  const settleOutcome = async (
    name: string,
    line: Line,
    entries: readonly Waiting[],
    outcome: Outcome,
    now: Clock,
  ) => {
    if (outcome.kind === "failed") {
      // By chance between half and the whole, lest all channels of one server return at once.
      const delay = Math.min(FIRST_DELAY * 2 ** line.failures, MOST_DELAY) * (0.5 + random() / 2);
      line.failures += 1;
      line.due = now().getTime() + Math.max(delay, outcome.after ?? 0);
      const level = line.failures === 1 ? "warn" : "debug";
      log[level](
        { channel: name, waiting: spool.of(name).length },
        `a channel cannot be told, and is tried again: ${safeText(outcome.reason)}`,
      );
      return;
    }
    if (outcome.kind === "refused") lose(name, line, entries, outcome.reason);
    else if (line.failures > 0)
      log.info(
        { channel: name, waiting: spool.of(name).length - entries.length },
        "a channel can be told again",
      );
    line.failures = 0;
    line.due = 0;
    for (const rule of new Set(entries.flatMap(({ limit }) => limit?.rule ?? [])))
      line.toldAt.set(rule, [...(line.toldAt.get(rule) ?? []), now().getTime()].slice(-10_000));
    await spool.settle(name, entries);
  };

  const work = async (name: string, line: Line, { late, "give-up": giveUp }: Settings, now: Clock) => {
    while (!stopping.signal.aborted && lines.get(name) === line && now().getTime() >= line.due) {
      const choice = nextOf(spool.of(name), {
        now: now().getTime(),
        late,
        "give-up": giveUp,
        forPeople: isForPeople(line.channel),
        toldAt: (rule) => line.toldAt.get(rule) ?? [],
      });
      if (choice.do === "nothing") return;
      if (choice.do === "drop") {
        lose(name, line, choice.entries, choice.why);
        await spool.settle(name, choice.entries);
        continue;
      }
      line.underway = choice.entries;
      const tooLong = AbortSignal.timeout(line.channel.deadline * 4);
      const outcome = await line.sender.send(choice.notice, AbortSignal.any([tooLong, outOfTime.signal]));
      await settleOutcome(name, line, choice.entries, outcome, now);
      line.underway = [];
    }
  };

  const wake = (name: string, now: Clock) => {
    const line = lines.get(name);
    if (line === undefined || config === undefined || line.running !== undefined || stopping.signal.aborted)
      return;
    if (spool.of(name).length === 0 || now().getTime() < line.due) return;
    line.running = work(name, line, config, now)
      .catch((error: unknown) =>
        log.error({ error, channel: name }, `a channel cannot be served: ${reasonOf(error)}`),
      )
      .finally(() => {
        line.running = undefined;
        line.underway = [];
      });
  };

  /** What is more than may wait makes the oldest go that is not under way. */
  const bound = async (name: string, most: number) => {
    const line = lines.get(name);
    const queue = spool.of(name);
    if (line === undefined || queue.length <= most) return;
    const oldest = queue.filter((entry) => !line.underway.includes(entry)).slice(0, queue.length - most);
    lose(name, line, oldest, `more than ${most} wait`);
    await spool.settle(name, oldest);
  };

  /** What waits for a channel that is not configured any more may be wanted again, but not for ever. */
  const forget = async (name: string, giveUp: number, now: Clock) => {
    const old = spool.of(name).filter(({ queued }) => now().getTime() - Date.parse(queued) > giveUp);
    if (old.length === 0) return;
    log.warn(
      { channel: name },
      `${counted(old.length, "notice")} not told: there is no such channel any more`,
    );
    await spool.settle(name, old);
  };

  return {
    configure: (next, open) => {
      const first = config === undefined;
      config = next;
      for (const [name, { sender }] of lines) {
        if (Object.hasOwn(next.channels, name)) continue;
        sender.close();
        lines.delete(name);
      }
      for (const [name, channel] of Object.entries(next.channels)) {
        const line = lines.get(name);
        // Whoever watches a channel of IRC need not see us leave and come back for nothing.
        if (channel.type === "irc" && isDeepStrictEqual(line?.channel, channel)) continue;
        try {
          const sender = open(name, channel);
          line?.sender.close();
          if (line === undefined) lines.set(name, newLine(channel, sender));
          else Object.assign(line, { channel, sender, due: 0 });
        } catch (error) {
          if (first) throw error;
          log.error({ channel: name }, `a channel stays as it was: ${reasonOf(error)}`);
        }
      }
    },
    take: async (addressed, now) => {
      for (const each of addressed) {
        await spool.add(each, now());
        await bound(each.channel, config?.most ?? Infinity);
        wake(each.channel, now);
      }
    },
    wake: async (now) => {
      for (const name of spool.channels()) {
        if (!lines.has(name) && config !== undefined) await forget(name, config["give-up"], now);
        wake(name, now);
      }
    },
    troubles: (now) => {
      const at = now().getTime();
      return [...lines].flatMap(([name, line]) => {
        if (line.lost.size === 0 || at - line.lastTrouble < TROUBLE_INTERVAL) return [];
        const said = [...line.lost]
          .map(([why, count]) => `${counted(count, "notice")} not told: ${why}`)
          .join("; ");
        line.lost.clear();
        line.lastTrouble = at;
        return [`channel ${name}: ${said}`];
      });
    },
    stop: async () => {
      stopping.abort();
      const running = Promise.all([...lines.values()].flatMap(({ running: each }) => each ?? []));
      const ended = new AbortController();
      void running.then(() => ended.abort());
      await pause(PATIENCE, ended.signal);
      outOfTime.abort();
      await running;
      for (const { sender } of lines.values()) sender.close();
    },
  };
}
