import { z } from "zod";
import { siteName, type SiteName } from "../../lib/schema/names.ts";

const argv = z.array(z.string().min(1).max(1_000)).min(1).max(50);

const site = z.strictObject({
  type: z.enum(["nginx", "apache", "haproxy"]).describe("Which server lets people in by the file."),
  file: z
    .string()
    .max(1_000)
    .regex(/^\/[^\p{Cc}]*[^/\p{Cc}]$/u, { error: "must be the absolute path of a file" })
    .describe(
      "The file of logins: of passwords for nginx and Apache, of one userlist for HAProxy. It is Skein's alone.",
    ),
  userlist: siteName
    .optional()
    .describe("What HAProxy's configuration calls the list; the name of the site otherwise."),
  check: argv
    .optional()
    .describe(
      "The program, and each of its arguments, that tests the whole configuration of the server; `{file}` stands for the file.",
    ),
  reload: argv
    .optional()
    .describe("The program, and each of its arguments, that makes the server read it again."),
});

/** A site that people log in at. */
export type Site = z.infer<typeof site>;

/** The sites of a host, by name. No two share a file. */
export const sites = z
  .record(siteName, site)
  .default({})
  .superRefine((all, context) => {
    const files = new Map<string, string>();
    for (const [name, { file }] of Object.entries(all)) {
      const other = files.get(file);
      files.set(file, name);
      if (other === undefined) continue;
      context.addIssue({ code: "custom", path: [name, "file"], message: `is the file of ${other}, too` });
    }
  });

/** How Debian's packages have it. */
const USUAL = {
  nginx: { check: ["nginx", "-t"], reload: ["nginx", "-s", "reload"] },
  apache: { check: ["apache2ctl", "configtest"], reload: ["apache2ctl", "graceful"] },
  haproxy: {
    check: ["haproxy", "-c", "-f", "/etc/haproxy/haproxy.cfg", "-f", "{file}"],
    reload: ["systemctl", "reload", "haproxy"],
  },
} as const;

/** The program that tests a server's configuration, or makes it read it again, with its arguments. */
export const argvOf = (step: "check" | "reload", { type, file, ...own }: Site): readonly string[] =>
  (own[step] ?? USUAL[type][step]).map((word) => word.replaceAll("{file}", file));

/** The site of a name, where this host has it. */
export const siteOf = (all: Readonly<Record<string, Site>>, name: string): Site | undefined =>
  Object.hasOwn(all, name) ? all[name] : undefined;

/** What HAProxy calls a site's list. */
export const userlistOf = (name: SiteName, { userlist }: Site): string => userlist ?? name;
