import { z } from "zod";
import { appName } from "../../schema/names.ts";
import { common, symlinks } from "./common.ts";

/** Where an artifact is found. */
export const artifactSource = z.strictObject({
  store: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, { error: "must be the name of a store" })
    .describe("Which of `stores` it comes from."),
  app: appName.optional().describe("The app that it is kept under; the app's own name where it is left out."),
  target: z
    .string()
    .regex(/^(?!.*\.\.)[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, { error: "must be a target such as master" })
    .default("master")
    .describe("The target that it is kept under."),
  name: z
    .string()
    .regex(/^(?!.*\.\.)[A-Za-z0-9][A-Za-z0-9._+-]{0,199}$/, {
      error: "must be a file name such as shop.tar.gz",
    })
    .optional()
    .describe("The artifact; APP.tar.gz where it is left out."),
});

/** An archive from an artifact store, unpacked as a release. */
export const artifactApp = z.strictObject({
  driver: z.literal("artifact").describe("What it is made of, and how it goes live."),
  artifact: artifactSource.describe("Where its versions are."),
  ...common,
  symlinks,
});
