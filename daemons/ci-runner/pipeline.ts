import { z } from "zod";
import { parseYaml } from "../../lib/schema/yaml.ts";
import { duration } from "../../lib/schema/quantities.ts";

const variables = z.record(
  z.string().regex(/^(?!SKEIN_)[A-Z_][A-Z0-9_]{0,63}$/, {
    error: "must be a variable such as NODE_ENV, not SKEIN_…",
  }),
  z.string().max(10_000),
);

const step = z.strictObject({
  name: z
    .string()
    .min(1)
    .max(100)
    .optional()
    .describe("What it is called; its command where it is left out."),
  run: z.string().min(1).max(20_000).describe("What `sh -e` runs."),
  timeout: duration.optional().describe("How long it may take; as long as the build where it is left out."),
  env: variables.default({}).describe("Variables for this step."),
});

/** What a revision's `.skein.yml` says. */
export const pipeline = z.strictObject({
  steps: z.array(step).min(1).max(100).describe("What is run, one after the other, until one fails."),
  timeout: duration
    .optional()
    .describe("How long all steps together may take, if that is less than the runner allows."),
  env: variables.default({}).describe("Variables for every step."),
});
export type Pipeline = z.infer<typeof pipeline>;
export type PipelineStep = Pipeline["steps"][number];

export const PIPELINE_FILE = ".skein.yml";

/**
 * Reads the pipeline of a revision.
 * @throws {Failure} PIPELINE_INVALID, with everything that is wrong
 */
export const readPipeline = (contents: Buffer): Pipeline =>
  parseYaml(contents.toString("utf8"), pipeline, PIPELINE_FILE, "PIPELINE_INVALID");

export const nameOf = ({ name, run }: PipelineStep): string =>
  name ?? (run.split("\n", 1)[0] ?? "").slice(0, 100);
