import type { HostName, PartName, RefName, Revision } from "../lib/schema/names.ts";

/** A branch or tag as a host has it; of a site, of one of its parts. */
interface HeldRef {
  readonly part?: PartName | undefined;
  readonly ref: RefName;
  readonly revision: Revision;
}

/** One that can be deployed, and the hosts that have it. */
interface Available extends HeldRef {
  readonly hosts: readonly HostName[];
}

interface Link {
  next?: Entry | undefined;
}
type Entry = Link & { readonly held: HeldRef; readonly hosts: HostName[] };

/** What several hosts have, the newest first as each of them tells it: what only some have stands where they have it. */
export function availableOn(
  reports: readonly { readonly host: HostName; readonly refs: readonly HeldRef[] }[],
): readonly Available[] {
  const known = new Map<string, Entry>();
  const start: Link = {};
  for (const { host, refs } of reports) {
    let last = start;
    for (const held of refs) {
      const key = `${held.part ?? ""} ${held.ref} ${held.revision}`;
      const entry = known.get(key) ?? { held, hosts: [], next: last.next };
      if (!known.has(key)) last.next = entry;
      known.set(key, entry);
      entry.hosts.push(host);
      last = entry;
    }
  }
  const list: Available[] = [];
  for (let { next } = start; next !== undefined; next = next.next)
    list.push({ ...next.held, hosts: next.hosts });
  return list;
}

/** The first so many tags, and as many branches; of a site, of each part. */
export function firstOf(list: readonly Available[], count: number): readonly Available[] {
  const seen = new Map<string, number>();
  return list.filter(({ part, ref }) => {
    const kind = `${part ?? ""} ${ref.startsWith("refs/tags/")}`;
    seen.set(kind, (seen.get(kind) ?? 0) + 1);
    return (seen.get(kind) ?? 0) <= count;
  });
}
