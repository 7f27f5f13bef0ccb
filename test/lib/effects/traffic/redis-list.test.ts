import { spawn } from "node:child_process";
import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { type Reply, withRedis } from "../../../../lib/effects/redis.ts";
import { redisListTraffic } from "../../../../lib/effects/traffic/redis-list.ts";
import { Secret } from "../../../../lib/schema/secret.ts";
import { aFolder } from "../../../support/folder.ts";
import { freePort } from "../../../support/free-port.ts";
import { describeNeeding } from "../../../support/needing.ts";
import { aPlace, visit, visitedWhile } from "../../../support/place.ts";
import { until } from "../../../support/until.ts";

/** A running Redis, with a password. */
async function aRedis() {
  const [dir, port] = [aFolder(), await freePort()];
  const words = [
    "--port",
    `${port}`,
    "--bind",
    "127.0.0.1",
    "--dir",
    dir,
    "--save",
    "",
    "--requirepass",
    "honk",
  ];
  const redis = spawn("redis-server", words, { stdio: "ignore" });
  const closed = new Promise((resolve) => redis.once("close", resolve));
  onTestFinished(async () => {
    redis.kill("SIGKILL");
    await closed;
  });
  const address = { host: "127.0.0.1", port, password: new Secret("honk") };
  const ask = (...words: string[]): Promise<Reply> => withRedis(address, (call) => call(...words));
  await until("Redis answers", async () => (await ask("PING")) === "PONG");
  const list = () => ask("LRANGE", "frontend:shop.example", "0", "-1");
  const traffic = (drain = 10) => redisListTraffic({ ...address, frontend: "shop.example", drain });
  return { address, ask, list, traffic };
}

/** A proxy that looks up at each request where to send it, as hipache does. */
async function aProxy(list: () => Promise<Reply>): Promise<number> {
  const server = createServer((asked, answer) => {
    void list().then((found) => {
      const [, backend] = Array.isArray(found) ? (found as string[]) : [];
      if (backend === undefined) return answer.writeHead(502).end();
      return request(`${backend}${asked.url}`, (from) => from.pipe(answer)).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

describeNeeding({ "redis-server": "redis-server" }, "traffic through a list of a real Redis", () => {
  test("goes from one place to the next without a visitor that fails, and then to none", async () => {
    const { list, traffic } = await aRedis();
    const port = await aProxy(list);
    const places = [await aPlace("one"), await aPlace("two")] as const;
    await traffic().switchTo(places[0]);
    const seen = await visitedWhile(port, async () => {
      for (const at of [1, 0, 1, 1, 0] as const) {
        await traffic().switchTo(places[at]);
        expect(await visit(port)).toBe(["one", "two"][at]);
      }
    });
    expect(seen).toEqual(["one", "two"]);
    await traffic().switchTo(null);
    expect(await visit(port)).toBe("502");
  });

  test("keeps the identifier, and forgets which positions were dead; what is under way gets its time", async () => {
    const { ask, list, traffic } = await aRedis();
    await ask("RPUSH", "frontend:shop.example", "my-shop", "http://127.0.0.1:1", "http://127.0.0.1:2");
    await ask("SADD", "dead:shop.example", "0");
    const begun = performance.now();
    await traffic(200).switchTo({ host: "127.0.0.1", port: 3 });
    expect(performance.now() - begun).toBeGreaterThan(190);
    expect(await list()).toEqual(["my-shop", "http://127.0.0.1:3"]);
    expect(await ask("EXISTS", "dead:shop.example")).toBe(0);
  });

  test("what somebody else writes meanwhile is looked at again", async () => {
    const { address, list, traffic } = await aRedis();
    await Promise.all(
      Array.from({ length: 5 }, (_, at) => traffic().switchTo({ host: "127.0.0.1", port: at + 1 })),
    );
    const found = (await list()) as readonly string[];
    expect(found).toHaveLength(2);
    const wrong = redisListTraffic({ ...address, password: new Secret("wrong"), frontend: "x", drain: 1 });
    await expect(wrong.switchTo(null)).rejects.toMatchObject({
      code: "TRAFFIC_UNREACHABLE",
      message: expect.not.stringContaining("honk") as string,
    });
    const nobody = redisListTraffic({ host: "127.0.0.1", port: await freePort(), frontend: "x", drain: 1 });
    await expect(nobody.switchTo(null)).rejects.toMatchObject({ code: "TRAFFIC_UNREACHABLE" });
  });
});
