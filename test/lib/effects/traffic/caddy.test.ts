import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { http } from "../../../../lib/effects/http.ts";
import { caddyTraffic } from "../../../../lib/effects/traffic/caddy.ts";
import { aFolder } from "../../../support/folder.ts";
import { freePort } from "../../../support/free-port.ts";
import { describeNeeding } from "../../../support/needing.ts";
import { aPlace, aSlowPlace, visit, visitedWhile } from "../../../support/place.ts";
import { until } from "../../../support/until.ts";

/** A running Caddy with one `reverse_proxy`. */
async function aCaddy(drain = 10) {
  const [folder, port, adminPort] = [aFolder(), await freePort(), await freePort()];
  const admin = `127.0.0.1:${adminPort}`;
  const proxy = { "@id": "shop", handler: "reverse_proxy", upstreams: [] };
  const server = { listen: [`127.0.0.1:${port}`], routes: [{ handle: [proxy] }] };
  const config = { admin: { listen: admin }, apps: { http: { servers: { web: server } } } };
  writeFileSync(join(folder, "caddy.json"), JSON.stringify(config));
  const env = { PATH: process.env["PATH"] ?? "", HOME: folder };
  const caddy = spawn("caddy", ["run", "--config", join(folder, "caddy.json")], { env, stdio: "ignore" });
  const closed = new Promise((resolve) => caddy.once("close", resolve));
  onTestFinished(async () => {
    caddy.kill("SIGKILL");
    await closed;
  });
  await until("Caddy answers", async () => (await visit(port)) === "503");
  return { port, traffic: caddyTraffic({ admin: `http://${admin}`, id: "shop", drain }, http), admin };
}

describeNeeding({ caddy: "caddy" }, "traffic through a real Caddy", () => {
  test("goes from one place to the next without a visitor that fails, and then to none", async () => {
    const { port, traffic } = await aCaddy();
    const places = [await aPlace("one"), await aPlace("two")] as const;
    await traffic.switchTo(places[0]);
    const seen = await visitedWhile(port, async () => {
      for (const at of [1, 0, 1, 1, 0] as const) {
        await traffic.switchTo(places[at]);
        expect(await visit(port)).toBe(["one", "two"][at]);
      }
    });
    expect(seen).toEqual(["one", "two"]);
    await traffic.switchTo(null);
    expect(await visit(port)).toBe("503");
  });

  test("gives what is under way its time, also where it is done twice", async () => {
    const { port, traffic } = await aCaddy(300);
    const { place, begun, answer } = await aSlowPlace();
    const two = await aPlace("two");
    await traffic.switchTo(place);
    const under = visit(port);
    await begun;
    for (const _ of ["once", "twice"]) {
      const since = performance.now();
      await traffic.switchTo(two);
      expect(performance.now() - since).toBeGreaterThan(290);
      expect(await visit(port)).toBe("two");
    }
    answer();
    expect(await under).toBe("slow");
  });

  test("says what is wrong: no such handler, or nobody there", async () => {
    const { admin } = await aCaddy();
    const to = (means: object) => {
      const given = { admin: `http://${admin}`, id: "shop", drain: 100, ...means };
      return caddyTraffic(given, http).switchTo({ host: "127.0.0.1", port: 1 });
    };
    await expect(to({ id: "other" })).rejects.toMatchObject({ code: "TRAFFIC_REFUSED" });
    await expect(to({ admin: `http://127.0.0.1:${await freePort()}` })).rejects.toMatchObject({
      code: "TRAFFIC_UNREACHABLE",
    });
  });
});
