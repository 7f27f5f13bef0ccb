import { z } from "zod";
import { archiveWord } from "../../lib/schema/debian.ts";
import { duration } from "../../lib/schema/quantities.ts";

const path = (what: string) =>
  z
    .string()
    .max(1_000)
    .regex(/^\/(?!.*\/\.\.(\/|$))[^\0\n]*$/, { error: "must be a path from the root" })
    .describe(what);
const word = archiveWord
  .refine((name) => !name.includes("/"), { error: "must be a name such as lab" })
  .describe("a name such as lab");

const incoming = z.strictObject({
  folder: path("A folder with one for each distribution in it, which packages are put into."),
  distributions: z
    .array(
      archiveWord.refine((name) => !name.includes("/"), { error: "must be a codename such as bookworm" }),
    )
    .min(1)
    .max(100)
    .describe("Their codenames, as in `conf/distributions`."),
  settle: duration.prefault("2s").describe("How long a file must not have changed before it is taken."),
  patience: duration
    .prefault("1h")
    .describe("How long the rest of a file that came in part is waited for before it is set aside."),
});

const reprepro = z.strictObject({
  base: path("Its base folder."),
  incoming: incoming.optional().describe("Where packages are put that are to be taken in."),
  "gnupg-home": path(
    "Where gpg finds the key that it is signed with; that of this user where it is left out.",
  ).optional(),
  timeout: duration.prefault("15m").describe("How long reprepro may take for one package."),
});

const archive = z.strictObject({
  url: z
    .string()
    .max(1_000)
    .regex(/^(https?:\/\/[^\s/@?#]+|file:\/\/)(\/[^\s?#]*)?$/, {
      error: "must be http://, https:// or file:// with no login in it",
    })
    .transform((url) => url.replace(/\/+$/, ""))
    .describe("Where it is: what has `dists` in it."),
  suite: archiveWord.describe("The folder in `dists` to look at."),
  components: z.array(archiveWord).max(100).default([]).describe("Which; all where it is left out."),
  architectures: z.array(archiveWord).max(100).default([]).describe("Which; all where it is left out."),
  keyring: path(
    "The file of the keys one of which must have signed it, as `gpg --export` writes it. Without it, nothing is verified.",
  ).optional(),
  interval: duration
    .prefault("5m")
    .describe("How often it is looked at; one of this machine also as soon as it changes."),
});

export const settings = z.strictObject({
  spool: z
    .string()
    .min(1)
    .optional()
    .describe(
      "The folder that reprepro's hook and `skein package` write to; `spool/packages` in the state folder where it is left out. Given, it is looked at even where nothing else is configured.",
    ),
  poll: duration
    .prefault("5s")
    .describe("How often folders are looked at, where the system does not tell of new files."),
  reprepro: z.record(word, reprepro).default({}).describe("Archives that reprepro keeps on this machine."),
  archives: z.record(word, archive).default({}).describe("Archives that are looked at from outside."),
});
export type Settings = z.infer<typeof settings>;

/** Where the spool is, from the state folder. */
export const SPOOL = "spool/packages";
