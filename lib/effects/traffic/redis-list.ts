import { isDeepStrictEqual } from "node:util";
import { Failure } from "../../failure.ts";
import { pause } from "../clock.ts";
import { type Call, type RedisAddress, withRedis } from "../redis.ts";
import { addressOf, type Traffic } from "./traffic.ts";

/** A list of Redis that a proxy reads, as hipache does: an identifier, and the addresses of what serves. */
export interface RedisListMeans extends RedisAddress {
  /** The name that visitors use: the list is `frontend:NAME`. */
  readonly frontend: string;
  /** Milliseconds that what is under way may still take: nobody tells whether anything is. */
  readonly drain: number;
}

/** Somebody else may write to the list just then. */
const TRIES = 10;

/** Traffic through a proxy that looks up in a list of Redis, at each request, where to send it. */
export const redisListTraffic = (means: RedisListMeans): Traffic => ({
  switchTo: async (place, signal) => {
    const backends = place === null ? [] : [`http://${addressOf(place)}`];
    await withRedis(means, (call) => replaced(means.frontend, backends, call));
    await pause(means.drain, signal);
  },
});

async function replaced(frontend: string, backends: readonly string[], call: Call): Promise<void> {
  const list = `frontend:${frontend}`;
  for (let tried = 0; tried < TRIES; tried += 1) {
    await call("WATCH", list);
    const former = await call("LRANGE", list, "0", "-1");
    const [identifier = frontend] = Array.isArray(former) ? (former as readonly string[]) : [];
    const wanted = [identifier, ...backends];
    if (isDeepStrictEqual(former, wanted)) return;
    await call("MULTI");
    await call("DEL", list);
    await call("RPUSH", list, ...wanted);
    // It holds positions in the list, which mean others now.
    await call("DEL", `dead:${frontend}`);
    if ((await call("EXEC")) !== null) return;
  }
  throw new Failure("TRAFFIC_REFUSED", `Cannot switch ${list} of Redis: others write to it all the time`);
}
