import { z } from "zod";
import { commandId, hostName } from "../../schema/names.ts";
import { counted, entry } from "./entry.ts";

/** A program of a deploy, by what a host keeps its output under. */
const job = z.string().regex(/^[a-z]+(-[a-z0-9]+){1,4}$/, {
  error: "must be the name of a program of a deploy such as go-post-deploy",
});

const offset = z.int().min(0);

/** As many bytes of output go into one message. */
export const MOST_PAGE = 48 * 1024;

/** What hosts keep of what programs printed, beyond what was told while they ran. */
export const logs = {
  "log.asked": entry({
    summary: "What did programs of a rollout print? All that its hosts have kept, page by page.",
    kind: "news",
    destination: "hosts.ask",
    data: z.object({
      question: commandId,
      rollout: commandId,
      page: z
        .object({ host: hostName, job, offset })
        .optional()
        .describe("Of one program; a list of them otherwise."),
    }),
    identity: ({ question }) => [question],
    line: ({ rollout }) => `what did ${rollout} print?`,
  }),
  "log.told": entry({
    summary: "What a host has kept of what programs of a rollout printed.",
    kind: "news",
    destination: "hosts",
    data: z.object({
      question: commandId,
      rollout: commandId,
      host: hostName,
      jobs: z
        .array(
          z.object({
            job,
            bytes: offset.describe("As much of it there is."),
            lost: offset.describe("As much of it is not, in the middle."),
          }),
        )
        .max(200)
        .optional()
        .describe("In the order in which they ran."),
      page: z
        .object({
          job,
          offset,
          data: z.base64().max(70_000),
          next: offset.nullable().describe("Where the next page begins; nothing at the end."),
        })
        .optional(),
    }),
    identity: ({ question, host }) => [question, host],
    line: ({ host, rollout, jobs = [] }) => `${host} has kept ${counted(jobs.length, "log")} of ${rollout}`,
  }),
} as const;
