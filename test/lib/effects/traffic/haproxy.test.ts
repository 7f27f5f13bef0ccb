import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { haproxyGate, haproxyTraffic } from "../../../../lib/effects/traffic/haproxy.ts";
import { aFolder } from "../../../support/folder.ts";
import { type Haproxy, startHaproxy } from "../../../support/haproxy.ts";
import { describeNeeding } from "../../../support/needing.ts";
import { aPlace, visit } from "../../../support/place.ts";

describeNeeding({ haproxy: "haproxy" }, "traffic through a real HAProxy", () => {
  const stage = async (slots?: number, server?: string) => {
    const haproxy = await startHaproxy(["shop"], slots, server);
    onTestFinished(() => haproxy.close());
    const traffic = (drain = 5_000) => haproxyTraffic({ socket: haproxy.socket, backend: "shop", drain });
    return { haproxy, traffic, visit: (path?: string) => visit(haproxy.port("shop"), path) };
  };

  test("goes to one place after the other, and then to none; the servers are used in turn", async () => {
    const { haproxy, traffic, visit } = await stage();
    const [one, two] = [await aPlace("one"), await aPlace("two")];
    expect(await visit()).toBe("503");
    for (const [place, page] of [
      [one, "one"],
      [two, "two"],
      [one, "one"],
    ] as const) {
      await traffic().switchTo(place);
      expect([await visit(), await serving(haproxy)]).toEqual([page, [`${place.port} ready`]]);
      // Done twice, it comes to the same.
      await traffic().switchTo(place);
      expect([await visit(), await serving(haproxy)]).toEqual([page, [`${place.port} ready`]]);
    }
    await traffic().switchTo(null);
    expect([await visit(), await serving(haproxy)]).toEqual(["503", []]);
  });

  test("does not return before what is under way at the former place has ended", async () => {
    const { traffic, visit } = await stage();
    const answer = withResolvers();
    const began = withResolvers();
    const slow = await aPlace("", ({ url }, response) => {
      if (url !== "/slow") response.end("one");
      else {
        began.resolve();
        void answer.promise.then(() => response.end("slow"));
      }
    });
    await traffic().switchTo(slow);
    const under = visit("/slow");
    await began.promise;
    let switched = false;
    const switching = traffic()
      .switchTo(await aPlace("two"))
      .then(() => (switched = true));
    await expect.poll(visit, { timeout: 5_000 }).toBe("two");
    expect(switched).toBe(false);
    answer.resolve();
    await switching;
    expect([await under, await visit()]).toEqual(["slow", "two"]);
  });

  test("a host is taken out once what is under way there has ended, and put in again", async () => {
    const { haproxy, traffic, visit } = await stage();
    const answer = withResolvers();
    const began = withResolvers();
    const place = await aPlace("", ({ url }, response) => {
      if (url !== "/slow") response.end("here");
      else {
        began.resolve();
        void answer.promise.then(() => response.end("slow"));
      }
    });
    await traffic().switchTo(place);
    const gate = haproxyGate({
      socket: haproxy.socket,
      backend: "shop",
      // The first of them, for all were free.
      server: "s0",
      wait: 5_000,
    });
    const under = visit("/slow");
    await began.promise;
    let closed = false;
    const closing = gate.close().then(() => (closed = true));
    await expect.poll(visit, { timeout: 5_000 }).toBe("503");
    expect(closed).toBe(false);
    answer.resolve();
    await closing;
    expect(await under).toBe("slow");
    await gate.close();
    expect(await visit()).toBe("503");
    await gate.open();
    expect(await visit()).toBe("here");
    const nobody = haproxyGate({ socket: haproxy.socket, backend: "shop", server: "web9", wait: 100 });
    await expect(nobody.close()).rejects.toMatchObject({ code: "TRAFFIC_REFUSED" });
  });

  test("does not wait for ever for what is under way", async () => {
    const { traffic, visit, haproxy } = await stage();
    const began = withResolvers();
    await traffic().switchTo(await aPlace("", () => began.resolve()));
    const under = visit().catch(() => "cut off");
    await began.promise;
    const two = await aPlace("two");
    await traffic(100).switchTo(two);
    expect([await visit(), await serving(haproxy)]).toEqual(["two", [`${two.port} ready`]]);
    await haproxy.close();
    expect(await under).toBe("cut off");
  });

  test("goes on where an earlier switch was left half-done", async () => {
    const { traffic, haproxy, visit } = await stage();
    const [one, two] = [await aPlace("one"), await aPlace("two")];
    await traffic().switchTo(one);
    await haproxy.ask(`set server shop/s1 addr 127.0.0.1 port ${two.port}`);
    await haproxy.ask("set server shop/s1 state ready");
    await haproxy.ask("set server shop/s0 state drain");
    await traffic().switchTo(one);
    expect([await visit(), await serving(haproxy)]).toEqual(["one", [`${one.port} ready`]]);
    await haproxy.ask("set server shop/s1 state ready");
    await traffic().switchTo(two);
    expect([await visit(), await serving(haproxy)]).toEqual(["two", [`${two.port} ready`]]);
  });

  test("is refused, with everything as it was, where there is no second server, or no such backend", async () => {
    const { traffic, haproxy, visit } = await stage(1);
    const one = await aPlace("one");
    await traffic().switchTo(one);
    await expect(traffic().switchTo(await aPlace("two"))).rejects.toMatchObject({ code: "TRAFFIC_REFUSED" });
    expect([await visit(), await serving(haproxy)]).toEqual(["one", [`${one.port} ready`]]);
    const other = haproxyTraffic({ socket: haproxy.socket, backend: "nobody", drain: 0 });
    await expect(other.switchTo(one)).rejects.toMatchObject({ code: "TRAFFIC_REFUSED" });
    const nowhere = haproxyTraffic({ socket: join(aFolder(), "x"), backend: "shop", drain: 0 });
    await expect(nowhere.switchTo(one)).rejects.toMatchObject({
      code: "TRAFFIC_UNREACHABLE",
      transient: true,
    });
  });

  test(
    "keeps the former place where the checks of HAProxy do not let the new one up",
    { timeout: 30_000 },
    async () => {
      const { traffic, haproxy, visit } = await stage(2, "check inter 100ms");
      const one = await aPlace("one");
      await traffic().switchTo(one);
      const nobody = { host: "127.0.0.1", port: 9 };
      const refused = haproxyTraffic({ socket: haproxy.socket, backend: "shop", drain: 0, settles: 1_000 });
      await expect(refused.switchTo(nobody)).rejects.toMatchObject({ code: "TRAFFIC_REFUSED" });
      expect([await visit(), await serving(haproxy)]).toEqual(["one", [`${one.port} ready`]]);
    },
  );
});

/** The servers that are not out, as HAProxy itself words it: a port and a state. */
async function serving(haproxy: Haproxy): Promise<readonly string[]> {
  const states = (await haproxy.ask("show servers state shop")).trim().split("\n").slice(2);
  const ports = new Map(states.map((line) => [line.split(" ")[3], line.split(" ")[18]]));
  const [names = "", ...rows] = (await haproxy.ask("show stat -1 4 -1")).trim().split("\n");
  const status = names.split(",").indexOf("status");
  return rows
    .map((row) => row.split(","))
    .filter((row) => row[status] !== "MAINT")
    .map((row) => `${ports.get(row[1])} ${/^(UP|no check)/.test(row[status] ?? "") ? "ready" : row[status]}`);
}

function withResolvers() {
  let resolve = (): void => undefined;
  const promise = new Promise<void>((done) => (resolve = done));
  return { promise, resolve };
}
