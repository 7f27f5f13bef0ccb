import { z } from "zod";
import { duration } from "../../schema/quantities.ts";
import { pathPerHost, perHost } from "./text.ts";

const argument = z.string().min(1).max(10_000);

const serviceName = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9@:._-]{0,199}$/, { error: "must be the name of a service such as shop" });

const restart = z.strictObject({
  restart: serviceName.describe("The service."),
  by: z
    .enum(["systemd", "systemd-user", "sysv", "supervisor"])
    .default("systemd")
    .describe("What runs it; `systemd-user` is the service manager of the app's user."),
  config: pathPerHost
    .optional()
    .describe("The configuration of supervisor, where it is not at its usual place."),
});

const config = pathPerHost.optional().describe("Its configuration, where it is not at the usual place.");

const reload = z.discriminatedUnion("reload", [
  z.strictObject({ reload: z.enum(["nginx", "apache"]).describe("The web server."), config }),
  z.strictObject({
    reload: z.literal("php-fpm").describe("PHP-FPM."),
    program: z
      .string()
      .regex(/^php-fpm[0-9.]*$/, { error: "must be a program such as php-fpm8.2" })
      .default("php-fpm")
      .describe("Its program, which Debian gives its version: `php-fpm8.2`."),
    pid: pathPerHost.describe("The file that it writes its process id into."),
    config,
  }),
]);

const warmUp = z.strictObject({
  "warm-up": perHost.describe("The URL that is asked until it answers with a status below 400."),
  times: z.int().min(1).max(1_000).default(1).describe("How often it has to answer so."),
  deadline: duration.prefault("60s").describe("How long all of it may take."),
});

const migrate = z.strictObject({
  migrate: z
    .array(argument)
    .min(1)
    .max(100)
    .describe(
      "A program and its arguments: runs in the release on the host that goes first, and on no other.",
    ),
});

const install = z.strictObject({
  install: z.enum(["npm", "pip", "bundler"]).describe("Whose lock file the release has."),
});

const either = <Options extends readonly [z.ZodType, z.ZodType, ...z.ZodType[]]>(
  options: Options,
  error: string,
) => z.union(options, { error }).array().max(50).default([]);

/** What the agent does by itself where other apps have a script: in the order given, before the script of that phase. */
export const run = z.strictObject({
  "pre-deploy": migrate.array().max(50).default([]).describe("Before anything live changes."),
  "pre-link": either(
    [install, migrate],
    "must be { install: npm | pip | bundler } or { migrate: [PROGRAM, …] }",
  ).describe("Last before `current` leads to the release."),
  "post-deploy": either(
    [restart, reload, warmUp],
    "must be { restart: NAME, by: systemd | systemd-user | sysv | supervisor }, { reload: nginx | apache }, { reload: php-fpm, pid: FILE } or { warm-up: URL, times, deadline }",
  ).describe("After `current` leads to the release, and again for the former one where it goes back."),
});

export type Restart = z.infer<typeof restart>;
export type Reload = z.infer<typeof reload>;
export type WarmUp = z.infer<typeof warmUp>;
export type Migrate = z.infer<typeof migrate>;
export type Install = z.infer<typeof install>;
/** One ready-made action. */
export type ReadyMade = Restart | Reload | WarmUp | Migrate | Install;
