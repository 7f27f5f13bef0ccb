import { createHash } from "node:crypto";
import { only, type Asked } from "../../lib/effects/http-server.ts";
import type { Seen } from "../../lib/effects/seen.ts";
import { reasonOf } from "../../lib/failure.ts";
import type { Log } from "../../lib/log.ts";
import type { Told } from "./forge.ts";
import type { Hook } from "./hooks.ts";

/** A delivery in hand. */
export interface Begun {
  /** When it happened, or was first seen: the same when it comes again after a crash. */
  readonly at: Date;
  /** All that it tells is safe. */
  done(): Promise<void>;
  /** It may be tried again. */
  end(): void;
}

/** Takes each delivery once, however often the forge sends it. */
export interface Deliveries {
  /** Undefined for one that was taken before. One that is in hand is waited for. */
  begin(names: readonly string[], told: Pick<Told, "at">, now: Date): Promise<Begun | undefined>;
}

/**
 * What a delivery is remembered by: its bytes with its id, and, where they tell when it was, its bytes alone, for ids are not
 * signed. Never its id alone: older GitLabs give one to all that comes of one push.
 */
export function namesOf(asked: Asked, { name, forge }: Hook, { at }: Told): string[] {
  const header = forge.delivery.find((each) => asked.headers[each] !== undefined);
  const id = header === undefined ? undefined : only(asked, header);
  const named = (by: string): string =>
    createHash("sha256").update(`${name}\n${by}\n`).update(asked.body).digest("hex").slice(0, 32);
  return [...(id === undefined ? [] : [named(`id ${id}`)]), ...(at === undefined ? [] : [named("bytes")])];
}

/** Deliveries that are remembered on disk. Where the disk is full they are taken all the same: a push is worth more. */
export function deliveries(seen: Seen, log: Log): Deliveries {
  const inHand = new Map<string, Promise<void>>();
  const remember = async (names: readonly string[], at: Date, done: boolean) => {
    try {
      await Promise.all(names.map((name) => seen.put(name, { at, done })));
    } catch (error) {
      log.warn({ error }, `a delivery cannot be remembered, and may be taken twice: ${reasonOf(error)}`);
    }
  };
  return {
    begin: async (names, told, now) => {
      for (let other; (other = inHandOf(names, inHand)) !== undefined;) await other;
      const sightings = names.flatMap((name) => seen.get(name) ?? []);
      if (sightings.some(({ done }) => done)) return undefined;
      let end: () => void = () => undefined;
      const ended = new Promise<void>((resolve) => (end = resolve));
      for (const name of names) inHand.set(name, ended);
      const at = told.at ?? sightings[0]?.at ?? now;
      if (told.at === undefined) await remember(names, at, false);
      return {
        at,
        done: () => remember(names, at, true),
        end: () => {
          for (const name of names) inHand.delete(name);
          end();
        },
      };
    },
  };
}

const inHandOf = (names: readonly string[], inHand: ReadonlyMap<string, Promise<void>>) =>
  names.map((name) => inHand.get(name)).find((each) => each !== undefined);
