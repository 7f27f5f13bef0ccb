import { z } from "zod";
import { archiveWord } from "../../lib/schema/debian.ts";
import { matches } from "../../lib/schema/filter.ts";
import { duration } from "../../lib/schema/quantities.ts";
import { window } from "./window.ts";

const pattern = z.string().regex(/^[a-z0-9*?][a-z0-9+.*?-]{0,127}$/, {
  error: "must be the name of a package, in which * and ? may stand for others: skein-*",
});

const source = z.strictObject({
  file: z
    .string()
    .regex(/^\/(?!.*\/\.\.\/)[A-Za-z0-9._/+@-]+\.(list|sources)$/, {
      error: "must be the path of a file of sources such as /etc/apt/sources.list.d/lab.sources",
    })
    .describe("Its file, which holds no other source: only what is in it is refreshed."),
  repository: archiveWord
    .optional()
    .describe("What announcements call the archive; as the source is called where it is left out."),
  suites: z
    .array(archiveWord)
    .max(100)
    .default([])
    .describe("Of which suites announcements count; of all where it is left out."),
});

export const settings = z.strictObject({
  sources: z
    .record(
      z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, { error: "must be a name such as lab" }),
      source,
    )
    .default({})
    .describe("The sources to watch."),
  packages: z
    .array(pattern)
    .max(10_000)
    .default([])
    .describe("The packages to watch, where they are installed; `*` for all of them."),
  install: z
    .array(pattern)
    .max(10_000)
    .default([])
    .describe("Which of them are upgraded without being asked for; none where it is left out."),
  window: window
    .optional()
    .describe("When they may be upgraded, by the clock of this machine; always where it is left out."),
  interval: duration.prefault("6h").describe("How often all sources are refreshed, announced or not."),
  splay: duration
    .prefault("30m")
    .describe("How much later than that at most: by chance, so that hosts do not all come at once."),
  debounce: duration
    .prefault("2s")
    .describe("How long to wait for more announcements before a source is refreshed."),
  spacing: duration.prefault("10s").describe("How long to wait at least between two looks at one source."),
  retry: duration
    .prefault("15s")
    .describe(
      "How long to wait, more or less, before what was announced and is not there yet is looked for again; doubled each time.",
    ),
  retries: z.int().min(0).max(20).default(3).describe("How often."),
  privilege: z
    .array(z.string().min(1).max(200))
    .max(10)
    .default([])
    .describe("What stands before `apt-get` where it needs root, word by word: [sudo, -n]."),
  timeout: duration.prefault("30m").describe("How long one upgrade may take."),
  "apt-config": z
    .string()
    .regex(/^\/[^\0\n]*$/, { error: "must be a path from the root" })
    .optional()
    .describe("A file of apt's configuration that stands for the machine's own, for a root of its own."),
});
export type Settings = z.infer<typeof settings>;

/** Whether a package is among those of a list of patterns. */
export const isAmong = (patterns: readonly string[], name: string): boolean =>
  patterns.some((each) => matches(each, name));
