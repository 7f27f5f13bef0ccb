import type { DrainConfig, TrafficConfig } from "../lib/config/app/traffic.ts";
import { fill } from "../lib/config/app/text.ts";
import { readSecret } from "../lib/config/secrets.ts";
import { caddyTraffic } from "../lib/effects/traffic/caddy.ts";
import { commandGate, commandTraffic } from "../lib/effects/traffic/command.ts";
import { haproxyGate, haproxyTraffic } from "../lib/effects/traffic/haproxy.ts";
import { nginxGate, nginxTraffic } from "../lib/effects/traffic/nginx.ts";
import { redisListTraffic } from "../lib/effects/traffic/redis-list.ts";
import type { Gate, Traffic } from "../lib/effects/traffic/traffic.ts";
import { addressIn } from "../lib/schema/address.ts";
import { commonEnvironment } from "./environment.ts";
import { factsFor } from "./layout.ts";
import type { Work } from "./work.ts";

/** What stands in texts for what is true on this host. */
function filling(work: Work) {
  const facts = factsFor(work.name, work.app, work);
  const text = (given: string) => fill(given, facts);
  return { text, words: (given: readonly string[]) => given.map(text) };
}

/** What nginx is told by, on this host. */
function nginxOf(
  given: NonNullable<TrafficConfig["nginx"] | DrainConfig["nginx"]>,
  drain: number,
  work: Work,
) {
  const { text, words } = filling(work);
  const { file, pid, test, reload } = given;
  return { file: text(file), pid: text(pid), test: words(test), reload: words(reload), drain };
}

/** What sends visitors to the container of an app. */
export function trafficOf(
  { haproxy, nginx, caddy, redis, command }: TrafficConfig,
  work: Work,
): Traffic | undefined {
  const { text, words } = filling(work);
  if (haproxy !== undefined)
    return haproxyTraffic({ ...haproxy, socket: text(haproxy.socket), backend: text(haproxy.backend) });
  if (nginx !== undefined) return nginxTraffic(nginxOf(nginx, nginx.drain, work));
  if (caddy !== undefined) return caddyTraffic(caddy, work.http);
  if (redis !== undefined) {
    const { frontend, drain, password } = redis;
    return redisListTraffic({
      ...addressIn(text(redis.address)),
      password: password && readSecret(password, "the password of Redis", work),
      frontend: text(frontend),
      drain,
    });
  }
  if (command === undefined) return undefined;
  return commandTraffic(words(command.run), { env: commonEnvironment(work), timeout: command.timeout });
}

/** What sends visitors to this host. */
export function gateOf({ haproxy, nginx, command, wait }: DrainConfig, work: Work): Gate | undefined {
  const { text, words } = filling(work);
  if (haproxy !== undefined) {
    const { socket, backend, server } = haproxy;
    return haproxyGate({ socket: text(socket), backend: text(backend), server: text(server), wait });
  }
  if (nginx !== undefined) return nginxGate(nginxOf(nginx, wait, work), nginx);
  if (command === undefined) return undefined;
  const told = { drain: words(command.drain), undrain: words(command.undrain) };
  return commandGate(told, { env: commonEnvironment(work), timeout: command.timeout });
}
