import { z } from "zod";
import { duration } from "../../schema/quantities.ts";
import { secretSource } from "../../schema/secret.ts";
import { justOne } from "./just-one.ts";
import { pathPerHost, perHost } from "./text.ts";

/** A name that HAProxy's Runtime API takes, and that cannot be two of its words. */
const NAME = /^([A-Za-z0-9]|\{[^}]+\})([A-Za-z0-9._:-]|\{[^}]+\}){0,99}$/;
const haproxyName = (what: string) => perHost.regex(NAME, { error: `must be the name of a ${what}` });

const words = z.array(perHost).min(1).max(100);

const haproxySocket = pathPerHost.describe("The socket of its Runtime API, of the level admin.");
const wait = duration.prefault("30s").describe("How long requests that are under way may still take.");
const grace = duration
  .prefault("10s")
  .describe("How long is waited before the former one is stopped: nobody tells what is under way.");
const timeout = duration.prefault("60s").describe("How long a program may run.");

/** What nginx is told by: a file that its configuration includes. */
const nginx = {
  file: pathPerHost.describe("A file that its configuration includes, and that is Skein's alone."),
  test: words
    .default(["nginx", "-t"])
    .describe("The program, and its arguments, that tests its configuration."),
  reload: words
    .default(["nginx", "-s", "reload"])
    .describe("The program, and its arguments, that makes it read its configuration again."),
  pid: pathPerHost.default("/run/nginx.pid").describe("The file that holds the id of its first process."),
};

/** How visitors are sent to what is live. */
export const traffic = z
  .strictObject({
    haproxy: z
      .strictObject({
        socket: haproxySocket,
        backend: haproxyName("backend such as shop").describe(
          "The backend whose servers are given what is live: it needs two of them.",
        ),
        drain: wait,
      })
      .optional()
      .describe("Through HAProxy, by its Runtime API: nothing is reloaded."),
    nginx: z
      .strictObject({ ...nginx, drain: wait })
      .optional()
      .describe("Through nginx: the file gets a line `server ADDRESS:PORT;` for an `upstream`."),
    caddy: z
      .strictObject({
        admin: z
          .string()
          .max(200)
          .regex(/^http:\/\/[A-Za-z0-9.:[\]-]+$/, {
            error: "must be an address such as http://127.0.0.1:2019",
          })
          .default("http://127.0.0.1:2019")
          .describe("Its admin endpoint."),
        id: z
          .string()
          .regex(/^[A-Za-z0-9_-]{1,100}$/, { error: "must be the @id of a reverse_proxy, such as shop" })
          .describe("The `@id` of the `reverse_proxy` whose upstreams are replaced."),
        drain: grace,
      })
      .optional()
      .describe("Through Caddy, by its admin API."),
    redis: z
      .strictObject({
        address: perHost
          .refine((place) => /^[^/]+:\d+$/.test(place), { error: "must be HOST:PORT" })
          .default("127.0.0.1:6379")
          .describe("Where Redis is."),
        password: secretSource.optional().describe("Its password; none where it is left out."),
        frontend: perHost.describe("The name that visitors use: the list is `frontend:NAME`."),
        drain: grace,
      })
      .optional()
      .describe("Through a proxy that reads a list of Redis, as hipache does."),
    command: z
      .strictObject({
        run: words.describe(
          "A program, and its arguments, that sends visitors to SKEIN_PLACE (HOST:PORT; empty for none), and ends with 0 once whatever else was live may be stopped.",
        ),
        timeout,
      })
      .optional()
      .describe("By a program of your own."),
  })
  .refine(...justOne("haproxy", "nginx", "caddy", "redis", "command"));
export type TrafficConfig = z.infer<typeof traffic>;

/** How a host is taken out of what sends visitors to it, and put in again. */
export const drain = z
  .strictObject({
    haproxy: z
      .strictObject({
        socket: haproxySocket,
        backend: haproxyName("backend such as shop").describe("The backend that this host is a server of."),
        server: haproxyName("server such as web1")
          .default("{host}")
          .describe("The server of the backend that this host is."),
      })
      .optional()
      .describe("At HAProxy, by its Runtime API."),
    nginx: z
      .strictObject({
        ...nginx,
        ready: z.string().max(10_000).describe("What the file holds while the host gets visitors."),
        drained: z.string().max(10_000).describe("What it holds while the host gets none."),
      })
      .optional()
      .describe("At nginx."),
    command: z
      .strictObject({
        drain: words.describe(
          "A program, and its arguments, that ends with 0 once nobody is served here any more.",
        ),
        undrain: words.describe("A program, and its arguments, that lets visitors in again."),
        timeout,
      })
      .optional()
      .describe("By programs of your own."),
    wait,
  })
  .refine(...justOne("haproxy", "nginx", "command"));
export type DrainConfig = z.infer<typeof drain>;
