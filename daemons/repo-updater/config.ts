import { z } from "zod";
import { matches } from "../../lib/schema/filter.ts";
import { refName, repositoryName } from "../../lib/schema/names.ts";
import { duration } from "../../lib/schema/quantities.ts";
import { checkoutMode } from "../../lib/messages/catalogue/checkouts.ts";

/** A folder of this host, as a whole path in which nothing leads up. */
const folder = z
  .string()
  .max(1_000)
  .regex(/^(\/(?!\.\.?(\/|$))[^/\0]+)+$/, { error: "must be a whole path such as /srv/docs" });

const branch = z.string().refine((name) => refName.safeParse(`refs/heads/${name}`).success, {
  error: "must be a branch such as main",
});

const pipeline = z
  .string()
  .regex(/^(?!.*\.\.)[A-Za-z0-9][A-Za-z0-9._/-]{0,259}$/, { error: "must be the name of a pipeline" });

/** Modes that keep one revision, and those that keep one for each ref. */
const EACH = ["puppetmaster", "tags"];

const checkout = z
  .strictObject({
    repository: repositoryName.describe("Which of `repositories` it is of."),
    mode: checkoutMode.describe("How it is kept: see the guide."),
    target: folder.optional().describe("Where it is on this host. Every mode but `normal` has one."),
    branch: branch
      .optional()
      .describe(
        "The branch that is checked out; where it is left out, the default branch of the repository.",
      ),
    refs: z
      .array(z.string().min(1).max(220))
      .min(1)
      .default(["*"])
      .describe(
        "Of the modes `puppetmaster` and `tags`: which branches or tags, as patterns such as release/*.",
      ),
    on: z
      .enum(["push", "build"])
      .default("push")
      .describe("Whether what was pushed is checked out at once, or once its build passed."),
    pipelines: z
      .array(pipeline)
      .max(50)
      .default([])
      .describe(
        "With `on: build`: which builds of a revision must all have passed; any one where it is empty.",
      ),
    user: z
      .string()
      .regex(/^[a-z_][a-z0-9_-]{0,31}$/, { error: "must be a user name such as www-data" })
      .optional()
      .describe(
        "Who writes the files, and owns them. Needs root; the user of the daemon where it is left out.",
      ),
    symlinks: z
      .enum(["inside", "any"])
      .default("inside")
      .describe("Whether links of the repository may lead out of the checkout."),
  })
  .superRefine((it, context) => {
    const refuse = (key: string, message: string) =>
      context.addIssue({ code: "custom", path: [key], message });
    if (it.mode === "normal" && it.target !== undefined)
      refuse("target", "must be left out: in the mode normal nothing is checked out");
    if (it.mode !== "normal" && it.target === undefined) refuse("target", `is needed in the mode ${it.mode}`);
    if (it.mode === "branch" && it.branch === undefined) refuse("branch", "is needed in the mode branch");
    if (EACH.includes(it.mode) && it.branch !== undefined)
      refuse("branch", `must be left out: ${it.mode} takes what refs says`);
    if (it.on === "push" && it.pipelines.length > 0)
      refuse("pipelines", "must be left out without on: build");
  });
export type CheckoutConfig = z.infer<typeof checkout>;

const checkoutName = z
  .string()
  .regex(/^(?!.*\.\.)[a-z0-9][a-z0-9._-]{0,63}$/, { error: "must be a name such as docs" })
  .describe("a name such as docs");

/** The kinds of line for people that it says. */
const said = z.enum(["fetched", "checked-out", "removed", "problem"]);
export type Said = z.infer<typeof said>;

export const settings = z.strictObject({
  retry: duration
    .prefault("10s")
    .describe(
      "How long to wait before a repository that could not be fetched, or a checkout that could not be made, is tried again; doubled each time.",
    ),
  "retry-most": duration.prefault("10m").describe("How long to wait at most."),
  parallel: z
    .int()
    .min(1)
    .max(64)
    .default(4)
    .describe("How many repositories are fetched at once, whatever makes them due."),
  say: z
    .array(said)
    .default(["fetched", "checked-out", "removed", "problem"])
    .describe("What it says in lines for people, beside its other messages."),
  checkouts: z
    .record(checkoutName, checkout)
    .default({})
    .superRefine((all, context) => {
      for (const [name, other] of clashes(all))
        context.addIssue({
          code: "custom",
          path: [name, "target"],
          message: `is also in the target of ${other}`,
        });
    })
    .describe("What is checked out on this host beside the mirrors; several of one repository may be."),
});
export type Settings = z.infer<typeof settings>;

/** Whether a checkout has a place for each ref. */
export const isOfEach = ({ mode }: Pick<CheckoutConfig, "mode">): boolean => EACH.includes(mode);

/** Whether the name of a branch or tag is one that a checkout wants. */
export const wants = ({ refs }: Pick<CheckoutConfig, "refs">, name: string): boolean =>
  refs.some((pattern) => matches(pattern, name));

/** Pairs of checkouts that would write into one folder. Those with a place for each ref may share theirs. */
function* clashes(all: Readonly<Record<string, CheckoutConfig>>): Generator<[string, string]> {
  const placed = Object.entries(all).flatMap(([name, each]) =>
    each.target === undefined ? [] : [{ name, target: each.target, shares: isOfEach(each) }],
  );
  for (const [index, one] of placed.entries()) {
    for (const other of placed.slice(0, index)) {
      const same = one.target === other.target;
      if (same && one.shares && other.shares) continue;
      if (same || one.target.startsWith(`${other.target}/`) || other.target.startsWith(`${one.target}/`))
        yield [one.name, other.name];
    }
  }
}
