import { z } from "zod";
import { entry, instant } from "./entry.ts";

const site = z
  .string()
  .min(1)
  .max(200)
  .regex(/^[^\p{C}\u2028\u2029]*$/u, { error: "must be the name of a site, in one line" });
// It becomes part of a line of a file: there a blank or a colon would end it.
const login = z
  .string()
  .regex(/^[^\s:\p{C}]{1,100}$/u, { error: "must be a login without blanks and colons" });
const password = z
  .string()
  .min(1)
  .max(300)
  .regex(/^[^\p{Cc}\u2028\u2029]*$/u, { error: "must be one line" });

/** What only the older kit says. */
export const olderKit = {
  "access.asked": entry({
    summary:
      "The older kit's front end asks for a login, its password in clear. Skein never says this, and hears it only where it is told to.",
    kind: "news",
    destination: "access.asked",
    data: z.object({ site, user: login, password, at: instant }),
    identity: (asked) => [asked.site, asked.user, asked.password, asked.at],
    line: (asked) => `access to ${asked.site} asked for ${asked.user}`,
  }),
} as const;
