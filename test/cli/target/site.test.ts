import { expect, test } from "vitest";
import type { Seen } from "../../../cli/inventory.ts";
import { type Settings, settingsSchema } from "../../../cli/settings.ts";
import { resolveSite } from "../../../cli/target/site.ts";
import { hostFilter } from "../../../lib/schema/filter.ts";
import { appName } from "../../../lib/schema/names.ts";
import { liveRelease } from "../../../lib/messages/catalogue/deploys.ts";
import { catalogue } from "../../../lib/messages/catalogue.ts";

const id = (digit: number) => String(digit).repeat(40);
const HEADS = { theme: { v1: 1, v2: 2, main: 3 }, news: { main: 4, v2: 5 } } as const;
const TAG = /^v\d/;
const refOf = (name: string) => `refs/${TAG.test(name) ? "tags" : "heads"}/${name}`;

const settings: Settings = settingsSchema.parse({
  repositories: { theme: { url: "https://x.example/theme" }, news: { url: "https://x.example/news" } },
  apps: {
    portal: {
      driver: "site",
      root: "/srv/portal",
      parts: {
        news: { repository: "news", at: "modules/news", base: "refs/heads/main" },
        theme: { repository: "theme", at: ".", base: "refs/tags/v1" },
      },
    },
  },
});
const portal = appName.parse("portal");

type Live = Readonly<Record<string, readonly [string, number]>>;

/** A host that has every ref, and perhaps something live. */
function aHost(host: string, live?: Live, present = true): Seen {
  const parts = Object.entries(live ?? {}).map(([part, [name, commit]]) => ({
    part,
    commit: id(commit),
    ref: refOf(name),
  }));
  const report = catalogue["host.alive"].data.parse({
    ...{ host, version: "0", labels: {}, facts: {}, at: new Date().toISOString() },
    apps: [
      {
        ...{ app: "portal", environment: "production", former: null },
        live:
          live === undefined
            ? null
            : liveRelease.parse({
                release: "20260101T000000-abcdef0",
                revision: id(9),
                ref: parts[0]?.ref,
                parts,
                since: new Date().toISOString(),
                by: "alice",
                rollout: "0".repeat(16),
              }),
        refs: Object.entries(HEADS).flatMap(([part, refs]) =>
          Object.entries(refs).map(([name, commit]) => ({ part, ref: refOf(name), revision: id(commit) })),
        ),
      },
    ],
  });
  return { report, present };
}

const resolved = (words: readonly string[], ...seen: readonly Seen[]) => resolvedFor(undefined, words, seen);

async function resolvedFor(hosts: string | undefined, words: readonly string[], seen: readonly Seen[]) {
  const filter = hosts === undefined ? undefined : hostFilter.parse(hosts);
  const configured = settings.apps[portal];
  if (configured?.driver !== "site") throw new Error("it is a site");
  const release = await resolveSite(settings, { app: portal, configured, words, filter }, seen);
  if (release.type !== "site") throw new Error("it is a site");
  const parts = release.parts.map(({ part, commit, ref }) => `${part} ${ref} ${commit[0]}`);
  return `${release.ref}: ${parts.join(", ")}`;
}

const NEWER: Live = { theme: ["v2", 2], news: ["v2", 5] };

test.each<[string, string[], Live | undefined, string]>([
  [
    "all of it at its base, whatever is live",
    [],
    NEWER,
    "refs/tags/v1: theme refs/tags/v1 1, news refs/heads/main 4",
  ],
  [
    "one part, the other as it is live",
    ["theme=main"],
    NEWER,
    "refs/heads/main: theme refs/heads/main 3, news refs/tags/v2 5",
  ],
  [
    "one part, the other at its base where nothing is live",
    ["theme=v2"],
    undefined,
    "refs/tags/v2: theme refs/tags/v2 2, news refs/heads/main 4",
  ],
  [
    "several parts",
    ["news=main", "theme=v1"],
    NEWER,
    "refs/tags/v1: theme refs/tags/v1 1, news refs/heads/main 4",
  ],
  [
    "several parts in one word",
    ["news=main,theme=v1"],
    NEWER,
    "refs/tags/v1: theme refs/tags/v1 1, news refs/heads/main 4",
  ],
  [
    "one part, where the other is new in the configuration",
    ["theme=v2"],
    { theme: ["v1", 1] },
    "refs/tags/v2: theme refs/tags/v2 2, news refs/heads/main 4",
  ],
])("%s", async (_what, words, live, wanted) => {
  expect(await resolved(words, aHost("web1", live), aHost("web2", live))).toBe(wanted);
});

test("a host where nothing is live yet gets what the others have", async () => {
  expect(await resolved(["theme=main"], aHost("web1", NEWER), aHost("web2"))).toContain(
    "news refs/tags/v2 5",
  );
});

test("what is live on a host that is away does not count", async () => {
  const away = aHost("web2", { ...NEWER, news: ["main", 4] }, false);
  expect(await resolved(["theme=main"], aHost("web1", NEWER), away)).toContain("news refs/tags/v2 5");
});

test("where hosts disagree about a part that is not named, it is asked for", async () => {
  const hosts = [aHost("web1", NEWER), aHost("web2", { ...NEWER, news: ["main", 4] })];
  const refused = resolved(["theme=v1"], ...hosts);
  await expect(refused).rejects.toMatchObject({ code: "PART_DIFFERS" });
  await expect(refused).rejects.toThrow(
    "news is v2 (5555555) on web1, but main (4444444) on web2: say news=REF",
  );
  expect(await resolved(["theme=v1", "news=v2"], ...hosts)).toContain("news refs/tags/v2 5");
});

test("where hosts disagree, what counts is what those have that are meant", async () => {
  const hosts = [aHost("web1", NEWER), aHost("web2", { ...NEWER, news: ["main", 4] })];
  expect(await resolvedFor("web2", ["theme=v1"], hosts)).toContain("news refs/heads/main 4");
});

test.each([
  ["v2", "must be PART=REF, where PART is theme or news"],
  ["theme=", "must be PART=REF"],
  ["=v1", "names no part of it: it has theme, news"],
  ["__proto__=v1", "names no part of it: it has theme, news"],
  ["news=v2,news=main", "was named already"],
  ["theme=v9", 'no host has a branch or tag "v9" of its part theme'],
])("%s is refused, and what to say is said", async (word, says) => {
  await expect(resolved([word], aHost("web1", NEWER))).rejects.toThrow(says);
});
