import { z } from "zod";
import { duration, size } from "../../schema/quantities.ts";
import { secretSource } from "../../schema/secret.ts";
import { checkedArtifact } from "./artifact.ts";
import { common } from "./common.ts";
import { pathInside, pathPerHost, perHost } from "./text.ts";
import { traffic } from "./traffic.ts";

const archive = z.strictObject({
  artifact: checkedArtifact.describe("An archive of the image, as `docker save` writes it."),
});

const pulled = z.strictObject({
  pull: z
    .string()
    .regex(/^(?!.*(\/\/|\.\.))[a-z0-9]([a-z0-9._-]|\/|:\d+\/)*[a-z0-9]$/, {
      error: "must be an image's name such as registry.example.com/shop, without a tag",
    })
    .max(255)
    .describe("The name in a registry that it is pulled from by its digest."),
  login: z
    .strictObject({
      user: z.string().min(1).max(200).describe("The user at the registry."),
      password: secretSource.describe("The password, or token."),
    })
    .optional()
    .describe("A login at the registry; none where it is left out."),
});

const absolute = z
  .string()
  .max(500)
  .refine((path) => path.startsWith("/") && !path.includes("\0") && !path.split("/").includes(".."), {
    error: "must be an absolute path",
  });

const volume = z.strictObject({
  source: z
    .union([pathPerHost, pathInside], { error: "must be a path of the host, or one inside the release" })
    .describe("A path of the host; a relative one is of the release, where `configure` writes."),
  at: absolute.describe("Where it is in the container."),
  writable: z.boolean().default(false).describe("Whether the container may write into it."),
});

const portNumber = z.int().min(1).max(65_535);

const ready = z.strictObject({
  path: z
    .string()
    .max(500)
    .regex(/^\/[!-~]*$/, { error: "must be a path such as /health" })
    .optional()
    .describe(
      "Asked over HTTP: any status from 200 to 399 will do. Where it is left out, a connection is enough.",
    ),
  deadline: duration.prefault("60s").describe("How long it may take."),
  interval: duration.prefault("100ms").describe("How long to wait between two tries."),
});

/** An image, run by Docker or Podman: the new container is started beside the old, and then gets the traffic. */
export const containerApp = z.strictObject({
  driver: z.literal("container").describe("What it is made of, and how it goes live."),
  image: z
    .union([archive, pulled], {
      error: "must be where the image comes from: { artifact: … } or { pull: NAME }",
    })
    .describe("Where its images are."),
  engine: pathPerHost
    .default("/var/run/docker.sock")
    .describe("The socket of Docker, or of Podman's service (/run/podman/podman.sock)."),
  port: portNumber.describe("The port that the app listens on in its container."),
  publish: z
    .enum(["port", "address"])
    .default("port")
    .describe(
      "How it is reached: by a free port of 127.0.0.1, which it keeps, or by the container's own address, which may change when it starts anew.",
    ),
  ports: z
    .strictObject({
      from: portNumber.describe("The first of them."),
      to: portNumber.describe("The last of them."),
    })
    .refine(({ from, to }) => from < to, { error: "must leave more than one port between from and to" })
    .prefault({ from: 20_000, to: 29_999 })
    .describe("The ports of 127.0.0.1 that may be taken."),
  env: z
    .record(
      z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,199}$/, { error: "must be the name of a variable" }),
      z.union([perHost, secretSource]),
    )
    .default({})
    .describe("Variables of its environment: texts, or where secrets are found."),
  volumes: z.array(volume).max(100).default([]).describe("What of the host it sees."),
  network: z
    .string()
    .regex(/^(?!(host|none|container|slirp4netns|ns)$)[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$/, {
      error: "must be a network of the engine's: two releases cannot share the ports of one",
    })
    .optional()
    .describe("The engine's network that it is on; the usual one where it is left out."),
  command: z
    .array(z.string().max(10_000))
    .min(1)
    .max(1_000)
    .optional()
    .describe("What runs in it, argument by argument; what the image says where it is left out."),
  "run-as": z
    .string()
    .regex(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}(:[A-Za-z0-9_][A-Za-z0-9_.-]{0,63})?$/, {
      error: "must be a user of the image, such as 1000:1000 or www-data",
    })
    .optional()
    .describe("The user in the container; the image's own where it is left out."),
  memory: size.optional().describe("How much memory it may have; no limit where it is left out."),
  "read-only": z.boolean().default(false).describe("Whether it cannot write into its own files."),
  drop: z
    .array(z.string().regex(/^[A-Z_]{2,40}$/, { error: "must be a capability such as NET_RAW, or ALL" }))
    .default([])
    .describe("Capabilities that are taken from it, besides those that the engine gives to nobody."),
  ready: ready.prefault({}).describe("What must answer before a new container gets any traffic."),
  switch: traffic
    .optional()
    .describe(
      "How visitors are sent to it. Where it is left out, nobody is told: the former one is stopped once this one is ready.",
    ),
  "stop-timeout": duration.prefault("10s").describe("How long it may take to end before it is killed."),
  "load-timeout": duration.prefault("10m").describe("How long it may take until the image is there."),
  ...common,
});
