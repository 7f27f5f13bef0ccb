import { z } from "zod";
import { entry, instant } from "./entry.ts";

/** One line of what the older kit's access form asks for: whatever a person typed, but no line ends. */
const typed = (most: number) =>
  z
    .string()
    .min(1)
    .max(most)
    .regex(/^[^\p{Cc}\u2028\u2029]*$/u, { error: "must be one line" });

/** What only the older kit says. */
export const olderKit = {
  "access.asked": entry({
    summary:
      "The older kit's front end asks for a login, its password in clear. Skein never says this, and hears it only where it is told to.",
    kind: "news",
    destination: "access.asked",
    data: z.object({ site: typed(200), user: typed(300), password: typed(300), at: instant }),
    identity: ({ site, user, password, at }) => [site, user, password, at],
    line: ({ site, user }) => `access to ${site} asked for ${user}`,
  }),
} as const;
