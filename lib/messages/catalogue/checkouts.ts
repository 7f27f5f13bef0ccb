import { z } from "zod";
import { hostName, refName, repositoryName, revision, shortRef, shortRevision } from "../../schema/names.ts";
import { entry, text, instant, seconds } from "./entry.ts";

/** How a checkout of a repository is kept. */
export const checkoutMode = z.enum([
  "normal",
  "trusting",
  "dangerous",
  "branch",
  "atomic",
  "puppetmaster",
  "tags",
]);

/** What is told of checkouts. */
export const checkouts = {
  "checkout.updated": entry({
    summary: "A host checked out a revision, or removed what a ref that is gone had left.",
    kind: "news",
    destination: "checkouts",
    data: z.object({
      checkout: text(64).describe("Its name in the configuration of the host."),
      repository: repositoryName,
      host: hostName,
      mode: checkoutMode,
      ref: refName,
      revision: revision.nullable().describe("What is there now; null where it was removed."),
      path: text(1_000).describe("Where it is on the host."),
      at: instant,
      seconds,
    }),
    identity: ({ checkout, host, ref, at }) => [checkout, host, ref, at],
    line: ({ host, ref, revision: id, path }) =>
      id === null
        ? `${host} removed ${shortRef(ref)}, which was ${path}`
        : `${host} checked out ${shortRef(ref)} ${shortRevision(id)} as ${path}`,
  }),
} as const;
