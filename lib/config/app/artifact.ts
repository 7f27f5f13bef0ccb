import { z } from "zod";
import { appName } from "../../schema/names.ts";
import { size } from "../../schema/quantities.ts";
import { common, symlinks } from "./common.ts";

const artifactSource = z.strictObject({
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

const limits = z.strictObject({
  size: size.prefault("2GiB").describe("How much it may come to when it is unpacked."),
  members: z
    .int()
    .min(1)
    .max(10_000_000)
    .default(200_000)
    .describe("How many files and folders it may hold."),
  ratio: z.int().min(1).max(100_000).default(200).describe("How many times its packed size it may come to."),
});

/** Where an artifact is found, and which are taken. */
export const checkedArtifact = artifactSource.extend({
  verify: z
    .enum(["required", "if-there"])
    .default("if-there")
    .describe(
      "Whether it must be signed by somebody of allowed_signers; a signature that is there must be right.",
    ),
  compat: z
    .array(z.int().min(1).max(1_000))
    .min(1)
    .optional()
    .describe(
      "Which levels of `deploy_compat` are taken, where none counts as 1; all of them where it is left out.",
    ),
  limits: limits.prefault({}).describe("What is refused, however well it is signed."),
});

/** An archive from an artifact store, unpacked as a release. */
export const artifactApp = z.strictObject({
  driver: z.literal("artifact").describe("What it is made of, and how it goes live."),
  artifact: checkedArtifact.describe("Where its versions are."),
  ...common,
  symlinks,
});
