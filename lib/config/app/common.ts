import { z } from "zod";
import { EVERY_HOST, hostFilter } from "../../schema/filter.ts";
import { environmentName } from "../../schema/names.ts";
import { size } from "../../schema/quantities.ts";
import { check } from "./check.ts";
import { configure } from "./configure.ts";
import { scripts } from "./scripts.ts";
import { strategy } from "./strategy.ts";
import { pathInside, perHost } from "./text.ts";
import { drain } from "./traffic.ts";

/** What every app may say, whatever it is made of. */
export const common = {
  environment: environmentName
    .default(environmentName.parse("production"))
    .describe("Named in policies and scripts."),
  hosts: hostFilter.default(EVERY_HOST).describe("Which hosts carry it: a filter over names and labels."),
  root: perHost.describe("Its folder on a host: `releases`, `current` and `shared` are made in it."),
  shared: z
    .array(pathInside)
    .default([])
    .describe("Paths that outlive releases: linked from `shared/` into each."),
  ...scripts,
  keep: z.int().min(1).max(1_000).default(5).describe("How many former releases stay for a rollback."),
  configure: configure.optional().describe("What is written into each release from layers of configuration."),
  check: check.optional().describe("How to see that the app works."),
  checks: z
    .array(check)
    .max(20)
    .default([])
    .describe("More ways to see that it works, of the same keys as `check`, one after the other."),
  drain: drain
    .optional()
    .describe(
      "How this host is taken out of what sends visitors to it while something changes, and put in again.",
    ),
  strategy: strategy.prefault({}).describe("How a rollout goes over the hosts."),
};

/** Whether links of what is deployed may lead out of the release. */
export const symlinks = z
  .enum(["inside", "any"])
  .default("inside")
  .describe("Whether links of what is deployed may lead out of the release.");

/** What a revision must have before it may be deployed: only those of git are built here. */
export const requires = z
  .array(z.enum(["build"]))
  .default([])
  .describe("What a revision must have before it may be deployed.");

/** What of a former release may be shared with the next. */
export const share = z
  .array(z.enum(["reflink", "hardlink"]))
  .default(["reflink"])
  .describe(
    "How files that did not change may be taken from the former release: `reflink` where the file system can, else `hardlink`, which makes them read-only; `[]` gives each release files of its own.",
  );

/** How large a release may be: whoever pushes decides what is in it. */
export const limits = {
  "max-files": z.int().min(1).default(200_000).describe("How many files a release may have."),
  "max-bytes": size.prefault("10GiB").describe("How large all of them may be."),
};
