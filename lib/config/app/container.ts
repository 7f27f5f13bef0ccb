import { z } from "zod";
import { artifactSource } from "./artifact.ts";
import { common } from "./common.ts";

/** An image, run by Docker or Podman: the new container is started beside the old, and then gets the traffic. */
export const containerApp = z.strictObject({
  driver: z.literal("container").describe("What it is made of, and how it goes live."),
  image: z
    .union(
      [
        z.strictObject({
          artifact: artifactSource.describe("An archive of the image, as `docker save` writes it."),
        }),
        z.strictObject({
          pull: z
            .string()
            .regex(/^[a-z0-9][a-z0-9._:/-]{0,254}$/, {
              error: "must be an image's name such as registry.example.com/shop",
            })
            .describe("The name in a registry that it is pulled from by its digest."),
        }),
      ],
      { error: "must be where the image comes from: { artifact: … } or { pull: NAME }" },
    )
    .describe("Where its images are."),
  ...common,
});
