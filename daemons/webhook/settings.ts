import { z } from "zod";
import { listeningKeys } from "../../lib/config/listening.ts";
import { repositoryName } from "../../lib/schema/names.ts";
import { secretSource } from "../../lib/schema/secret.ts";
import { FORGES, type ForgeName } from "./forges.ts";

const hook = z
  .strictObject({
    forge: z
      .enum(Object.keys(FORGES) as [ForgeName, ...ForgeName[]])
      .describe("What sends; Forgejo and Gogs are `gitea`."),
    host: z
      .string()
      .max(300)
      .regex(/^[A-Za-z0-9.-]+(\/[A-Za-z0-9._~-]+)*$/, {
        error: "must be a host, with the path of the forge on it if it has one, such as git.example.com",
      })
      .optional()
      .describe(
        "Where the forge is: the hook may announce the repositories that are fetched from there. github.com, gitlab.com or bitbucket.org where it is left out.",
      ),
    repositories: z
      .record(
        repositoryName,
        z.string().regex(/^[^\s/]+(\/[^\s/]+)+$/, {
          error: "must be the full name of a repository at the forge, such as acme/shop",
        }),
      )
      .optional()
      .describe(
        "Which repositories it may announce, and no others: each with its full name at the forge. For where `host` does not tell.",
      ),
    path: z
      .string()
      .regex(/^(\/[A-Za-z0-9._~-]+)+$/, { error: "must be a path such as /hooks/github" })
      .optional()
      .describe("Where the forge sends to; the name of the hook after a `/` where it is left out."),
    secret: secretSource.describe(
      "What the forge signs with, or GitLab's secret token: 16 characters at the least. One that begins with `whsec_` is a signing token of GitLab.",
    ),
    "former-secret": secretSource
      .optional()
      .describe("The secret before that one, which is still taken while the forge is given the new one."),
  })
  .refine(
    ({ forge, host, repositories }) =>
      host !== undefined || repositories !== undefined || FORGES[forge].host !== undefined,
    { path: ["host"], error: "must be given, for this kind of forge is at no one place" },
  );
export type HookSettings = z.infer<typeof hook>;

/** Where the forge of a hook sends to. */
export const pathOf = (name: string, { path }: Pick<HookSettings, "path">): string => path ?? `/${name}`;

export const settings = z
  .strictObject({
    ...listeningKeys,
    hooks: z
      .record(
        z.string().regex(/^[A-Za-z][A-Za-z0-9._-]{0,63}$/, { error: "must be a name such as github" }),
        hook,
      )
      .default({})
      .describe("What may be sent, by names of yours."),
  })
  .refine(({ listen, hooks }) => listen !== undefined || Object.keys(hooks).length === 0, {
    path: ["listen"],
    error: "must be given, as HOST:PORT: there are hooks that wait to be called",
  })
  .refine(({ hooks }) => areDistinct(Object.entries(hooks).map(([name, each]) => pathOf(name, each))), {
    path: ["hooks"],
    error: "must each have a path of their own, and none may be /healthz",
  });
export type Settings = z.infer<typeof settings>;

const areDistinct = (paths: readonly string[]): boolean =>
  new Set(paths).size === paths.length && !paths.includes("/healthz");
