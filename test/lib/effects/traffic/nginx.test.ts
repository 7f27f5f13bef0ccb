import { readFileSync, writeFileSync } from "node:fs";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { http } from "../../../../lib/effects/http.ts";
import { nginxGate, nginxTraffic } from "../../../../lib/effects/traffic/nginx.ts";
import { aFolder } from "../../../support/folder.ts";
import { freePort } from "../../../support/free-port.ts";
import { describeNeeding } from "../../../support/needing.ts";
import { startNginx } from "../../../support/nginx.ts";
import { until } from "../../../support/until.ts";

/** A server of a test that says its name, or does what it is given. */
async function aPlace(
  page: string,
  listener: RequestListener = (_request, response) => void response.end(page),
) {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return { host: "127.0.0.1", port: (server.address() as AddressInfo).port };
}

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
  const visit = async (path = "/") => {
    const { status, body } = await http(`http://127.0.0.1:${port}${path}`, {
      deadline: 10_000,
      // A connection that is kept may be closed just when it is used again: browsers try once more then.
      headers: { connection: "close" },
    });
    return status === 200 ? body.toString("utf8") : String(status);
  };
  await until("nginx answers", async () => (await visit()) === "502");
  return { means, visit };
}

describeNeeding({ nginx: "nginx" }, "traffic through a real nginx", () => {
  test("goes from one place to the next without a visitor that fails, and then to none", async () => {
    const { means, visit } = await anNginx();
    const { switchTo } = nginxTraffic(means);
    const places = [await aPlace("one"), await aPlace("two")] as const;
    await switchTo(places[0]);
    expect(await visit()).toBe("one");
    let done = false;
    const seen = new Set<string>();
    const visitors = Array.from({ length: 4 }, async () => {
      while (!done) seen.add(await visit());
    });
    for (const at of [1, 0, 1, 0, 1] as const) {
      await switchTo(places[at]);
      expect(await visit()).toBe(["one", "two"][at]);
    }
    done = true;
    await Promise.all(visitors);
    expect([...seen].toSorted()).toEqual(["one", "two"]);
    // Done twice, it comes to the same.
    await switchTo(places[1]);
    expect(await visit()).toBe("two");
    await switchTo(null);
    expect(await visit()).toBe("502");
  });

  test("what is under way is waited for, but not for ever", async () => {
    const { means, visit } = await anNginx();
    let answer = (): void => undefined;
    let began = (): void => undefined;
    const begun = new Promise<void>((resolve) => (began = resolve));
    const slow = await aPlace("", (_request, response) => {
      began();
      answer = () => void response.end("slow");
    });
    await nginxTraffic(means).switchTo(slow);
    const under = visit();
    await begun;
    const two = await aPlace("two");
    await nginxTraffic({ ...means, drain: 100 }).switchTo(two);
    let switched = false;
    const again = nginxTraffic(means)
      .switchTo(slow)
      .then(() => nginxTraffic(means).switchTo(two))
      .then(() => (switched = true));
    await until("new ones are answered", async () => (await visit()) === "two");
    answer();
    expect(await under).toBe("slow");
    await again;
    expect(switched).toBe(true);
  });

  test("a configuration that is refused is taken back, and says why", async () => {
    const { means, visit } = await anNginx();
    const one = await aPlace("one");
    await nginxTraffic(means).switchTo(one);
    const before = readFileSync(means.file, "utf8");
    const gate = nginxGate(means, { ready: before, drained: "nonsense;" });
    await expect(gate.close()).rejects.toMatchObject({
      code: "TRAFFIC_REFUSED",
      message: expect.stringContaining("nonsense") as string,
    });
    expect([readFileSync(means.file, "utf8"), await visit()]).toEqual([before, "one"]);
    await expect(
      nginxTraffic({ ...means, pid: join(means.file, "..", "none") }).switchTo(one),
    ).rejects.toMatchObject({ code: "TRAFFIC_UNREACHABLE" });
  });

  test("a host is taken out, and put in again", async () => {
    const { means, visit } = await anNginx();
    const [here, other] = [await aPlace("here"), await aPlace("other")];
    const lines = (down: string) =>
      `server 127.0.0.1:${here.port}${down}; server 127.0.0.1:${other.port} backup;\n`;
    const gate = nginxGate(means, { ready: lines(""), drained: lines(" down") });
    await gate.open();
    expect(await visit()).toBe("here");
    await gate.close();
    expect(await visit()).toBe("other");
    await gate.open();
    expect(await visit()).toBe("here");
  });
});
