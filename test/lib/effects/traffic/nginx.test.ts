import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { nginxGate, nginxTraffic } from "../../../../lib/effects/traffic/nginx.ts";
import { aFolder } from "../../../support/folder.ts";
import { freePort } from "../../../support/free-port.ts";
import { describeNeeding } from "../../../support/needing.ts";
import { startNginx } from "../../../support/nginx.ts";
import { aPlace, aSlowPlace, visit, visitedWhile } from "../../../support/place.ts";
import { until } from "../../../support/until.ts";

/** A running nginx whose upstream is in a file of its own. */
async function anNginx(drain = 5_000) {
  const folder = aFolder();
  const port = await freePort();
  const file = join(folder, "shop.conf");
  writeFileSync(file, "server 127.0.0.1:1 down;\n");
  startNginx(
    folder,
    `upstream shop { include ${file}; } server { listen 127.0.0.1:${port}; location / { proxy_pass http://shop; } }`,
  );
  const own = join(folder, "nginx");
  const nginx = ["nginx", "-p", own, "-c", join(own, "nginx.conf")];
  const means = {
    file,
    test: [...nginx, "-t"],
    reload: [...nginx, "-s", "reload"],
    pid: join(own, "pid"),
    drain,
  };
  await until("nginx answers", async () => (await visit(port)) === "502");
  return { means, port };
}

describeNeeding({ nginx: "nginx" }, "traffic through a real nginx", () => {
  test("goes from one place to the next without a visitor that fails, and then to none", async () => {
    const { means, port } = await anNginx();
    const { switchTo } = nginxTraffic(means);
    const places = [await aPlace("one"), await aPlace("two")] as const;
    await switchTo(places[0]);
    expect(await visit(port)).toBe("one");
    const seen = await visitedWhile(port, async () => {
      for (const at of [1, 0, 1, 0, 1] as const) {
        await switchTo(places[at]);
        expect(await visit(port)).toBe(["one", "two"][at]);
      }
    });
    expect(seen).toEqual(["one", "two"]);
    // Done twice, it comes to the same.
    await switchTo(places[1]);
    expect(await visit(port)).toBe("two");
    await switchTo(null);
    expect(await visit(port)).toBe("502");
  });

  test("what is under way is waited for, but not for ever", async () => {
    const { means, port } = await anNginx();
    const { place: slow, begun, answer } = await aSlowPlace();
    await nginxTraffic(means).switchTo(slow);
    const under = visit(port);
    await begun;
    const two = await aPlace("two");
    await nginxTraffic({ ...means, drain: 100 }).switchTo(two);
    let switched = false;
    const again = nginxTraffic(means)
      .switchTo(slow)
      .then(() => nginxTraffic(means).switchTo(two))
      .then(() => (switched = true));
    await until("new ones are answered", async () => (await visit(port)) === "two");
    answer();
    expect(await under).toBe("slow");
    await again;
    expect(switched).toBe(true);
  });

  test("a configuration that is refused is taken back, and says why", async () => {
    const { means, port } = await anNginx();
    const one = await aPlace("one");
    await nginxTraffic(means).switchTo(one);
    const before = readFileSync(means.file, "utf8");
    const gate = nginxGate(means, { ready: before, drained: "nonsense;" });
    await expect(gate.close()).rejects.toMatchObject({
      code: "TRAFFIC_REFUSED",
      message: expect.stringContaining("nonsense") as string,
    });
    expect([readFileSync(means.file, "utf8"), await visit(port)]).toEqual([before, "one"]);
    await expect(
      nginxTraffic({ ...means, pid: join(means.file, "..", "none") }).switchTo(one),
    ).rejects.toMatchObject({ code: "TRAFFIC_UNREACHABLE" });
  });

  test("a host is taken out, and put in again", async () => {
    const { means, port } = await anNginx();
    const [here, other] = [await aPlace("here"), await aPlace("other")];
    const lines = (down: string) =>
      `server 127.0.0.1:${here.port}${down}; server 127.0.0.1:${other.port} backup;\n`;
    const gate = nginxGate(means, { ready: lines(""), drained: lines(" down") });
    await gate.open();
    expect(await visit(port)).toBe("here");
    await gate.close();
    expect(await visit(port)).toBe("other");
    await gate.open();
    expect(await visit(port)).toBe("here");
  });
});
