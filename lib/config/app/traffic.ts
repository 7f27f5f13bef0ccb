import { z } from "zod";
import { duration } from "../../schema/quantities.ts";
import { pathPerHost } from "./text.ts";

/** A name that HAProxy's Runtime API takes, and that cannot be two of its words. */
const backendName = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._:-]{0,99}$/, { error: "must be the name of a backend such as shop" });

const haproxy = z.strictObject({
  socket: pathPerHost.describe("The socket of its Runtime API, of the level admin."),
  backend: backendName.describe("The backend whose servers are given what is live: it needs two of them."),
  drain: duration
    .prefault("30s")
    .describe("How long requests that are under way may still take before the former one is stopped."),
});

/** How visitors are sent to what is live. */
export const traffic = z.strictObject({
  haproxy: haproxy.describe("Through HAProxy, by its Runtime API: nothing is reloaded."),
});
