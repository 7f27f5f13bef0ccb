import type { Data } from "../../lib/messages/catalogue.ts";
import type { HostName } from "../../lib/schema/names.ts";
import type { KnownDaemon } from "../../lib/store/ledger.ts";

/** Who is heard, and who no longer. Times are milliseconds since 1970, by this host's clock. */
export interface Roll {
  /** A daemon was heard. */
  heard(beat: Data<"daemon.alive">, now: number): void;
  /** From now on everybody can be heard: what was said before, nobody heard. */
  listenFrom(now: number): void;
  /** Notes who has fallen silent, and who has come back, since it was asked last. */
  judge(now: number): { readonly silent: readonly KnownDaemon[]; readonly back: readonly KnownDaemon[] };
  /** Everybody who is known. */
  all(): readonly KnownDaemon[];
  /** What has changed since it was asked last; with `all` also who was merely heard. */
  news(all: boolean): readonly KnownDaemon[];
}

interface Terms {
  /** How long a daemon may be silent. */
  readonly patience: number;
  /** Who listens: while it does not hear itself, nobody else is silent for all that it knows. */
  readonly self: { readonly daemon: string; readonly host: HostName };
}

/** Whoever says more names than any site has daemons fills no memory. */
const MOST = 20_000;

const keyOf = ({ daemon, host }: Pick<KnownDaemon, "daemon" | "host">): string => `${host} ${daemon}`;

/** Goes on with what was known before. */
export function rollOf(before: readonly KnownDaemon[], { patience, self }: Terms): Roll {
  const known = new Map(before.map((each) => [keyOf(each), each]));
  const changed = new Set<string>();
  const heardOnly = new Set<string>();
  const returned = new Set<string>();
  let since: number | undefined;
  const put = (each: KnownDaemon) => {
    known.set(keyOf(each), each);
    changed.add(keyOf(each));
  };
  return {
    heard: ({ daemon, host, version, state }, now) => {
      const each = { daemon, host, version, state, seen: now, silent: false };
      const key = keyOf(each);
      const former = known.get(key);
      if (former === undefined && known.size >= MOST) return;
      known.set(key, each);
      if (former?.silent === true) returned.add(key);
      const isNews = former?.state !== state || former.version !== version || former.silent;
      (isNews ? changed : heardOnly).add(key);
    },
    listenFrom: (now) => {
      since = now;
    },
    judge: (now) => {
      const back = [...returned].flatMap((key) => known.get(key) ?? []);
      returned.clear();
      const from = (since ??= now);
      const own = known.get(keyOf(self))?.seen ?? 0;
      if (own < now - patience) return { silent: [], back };
      const silent = [...known.values()].filter(
        (each) => !each.silent && each.state !== "stopped" && Math.max(each.seen, from) < now - patience,
      );
      for (const each of silent) put({ ...each, silent: true });
      return { silent, back };
    },
    all: () => [...known.values()],
    news: (all) => {
      const keys = new Set([...changed, ...(all ? heardOnly : [])]);
      changed.clear();
      if (all) heardOnly.clear();
      return [...keys].flatMap((key) => known.get(key) ?? []);
    },
  };
}

/** Lines for people: of a host all of whose daemons are concerned one, else of each daemon. */
export function linesFor(
  concerned: readonly KnownDaemon[],
  all: readonly KnownDaemon[],
  says: (who: string, which: readonly KnownDaemon[]) => string,
): readonly string[] {
  const hosts = [...new Set(concerned.map(({ host }) => host))];
  return hosts.flatMap((host) => {
    const here = concerned.filter((each) => each.host === host);
    const others = all.filter(
      (each) =>
        each.host === host && each.state !== "stopped" && !here.some((one) => keyOf(one) === keyOf(each)),
    );
    return others.length === 0
      ? [says(`${host} (${here.map(({ daemon }) => daemon).join(", ")})`, here)]
      : here.map((each) => says(`${each.daemon} on ${host}`, [each]));
  });
}
