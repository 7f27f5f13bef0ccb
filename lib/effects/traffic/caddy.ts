import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import { Failure } from "../../failure.ts";
import { pause } from "../clock.ts";
import type { Http } from "../http.ts";
import { addressOf, type Place, type Traffic } from "./traffic.ts";

/** How to reach a Caddy, and the handler of its configuration that is given what is live. */
export interface CaddyMeans {
  /** Of its admin endpoint, such as http://127.0.0.1:2019. */
  readonly admin: string;
  /** The `@id` of a `reverse_proxy`. */
  readonly id: string;
  /** Milliseconds that what is under way may still take: nobody tells whether anything is. */
  readonly drain: number;
}

const DEADLINE = 10_000;

const upstreams = z.array(z.object({ dial: z.string() }));

/** Traffic through a `reverse_proxy` of Caddy, by its admin API. */
export function caddyTraffic({ admin, id, drain }: CaddyMeans, http: Http): Traffic {
  const path = `/id/${id}/upstreams`;
  const ask = async (what: string, body?: unknown) => {
    const answer = await http(`${admin}${what}`, {
      deadline: DEADLINE,
      ...(body === undefined
        ? {}
        : { method: "PATCH", body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
    }).catch((cause: unknown) => {
      const said = `Cannot reach Caddy at ${admin}: ${cause instanceof Error ? cause.message : ""}`;
      throw new Failure("TRAFFIC_UNREACHABLE", said, { cause, transient: true });
    });
    if (answer.status === 200) return answer.body.toString("utf8");
    const said = JSON.stringify(answer.body.toString("utf8").slice(0, 300));
    throw refused(`it answers ${answer.status} to ${what}: ${said}`);
  };
  const refused = (why: string) => new Failure("TRAFFIC_REFUSED", `Cannot switch Caddy: ${why}`);
  const current = async () => {
    const text = await ask(path);
    try {
      return upstreams.parse(JSON.parse(text));
    } catch {
      throw refused(`it answers ${JSON.stringify(text.slice(0, 300))} to ${path}`);
    }
  };

  return {
    switchTo: async (place: Place | null, signal) => {
      const wanted = place === null ? [] : [{ dial: addressOf(place) }];
      if (!isDeepStrictEqual(await current(), wanted)) await ask(path, wanted);
      // Of what it does not send anybody to any more it tells nothing, not even whether something is under way.
      await pause(drain, signal);
    },
  };
}
