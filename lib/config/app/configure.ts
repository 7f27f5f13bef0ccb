import { z } from "zod";
import { pathInside, pathPerHost, perHost } from "./text.ts";

const mode = z
  .string()
  .regex(/^0?[0-7]{3}$/, { error: 'must be a mode such as "0640"' })
  .optional()
  .describe('Its mode, such as "0640"; 0640 where it may hold secrets, 0644 otherwise.');

const dottedKey = z.string().min(1).max(500);

/** What is written into a release from layers of configuration, before the app's pre-link script. */
export const configure = z.strictObject({
  folders: z
    .array(pathPerHost)
    .max(20)
    .default([])
    .describe(
      "Folders of the host with layers of all apps: common.yaml, common-ENVIRONMENT.yaml, APP.yaml …",
    ),
  "app-folder": pathInside
    .default("deploy/configuration")
    .describe("The folder of the release with layers of its own: APP-default.yaml, APP-ENVIRONMENT.yaml …"),
  cluster: perHost
    .optional()
    .describe("Which APP-ENVIRONMENT-CLUSTER layers are laid over; none where it is left out."),
  public: z.array(dottedKey).default([]).describe("The dotted keys that everybody may see."),
  write: z
    .array(
      z.strictObject({
        to: pathInside.describe("The file in the release."),
        format: z.enum(["json", "yaml", "env"]).default("json").describe("How it is written."),
        public: z.boolean().default(false).describe("Whether only what everybody may see is written."),
        mode,
      }),
    )
    .default([{ to: "configuration.json", format: "json", public: false }])
    .describe("The files that it is written to."),
  templates: z
    .array(
      z.strictObject({
        from: pathInside.describe(
          "The template in the release, in Mustache: `conf`, `aconf` (of the app), `cconf` (common).",
        ),
        to: pathInside.describe("The file in the release."),
        mode,
      }),
    )
    .default([])
    .describe("Templates that are filled in with it."),
});
export type Configure = z.infer<typeof configure>;
