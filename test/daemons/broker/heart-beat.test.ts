import { expect, test } from "vitest";
import { agreeHeartBeat } from "../../../daemons/broker/heart-beat.ts";
import { defaultLimits } from "../../../daemons/broker/limits.ts";
import { Watch } from "../../../daemons/broker/watch.ts";
import { aBroker } from "./support/broker.ts";

test.each([
  [undefined, 0, 0],
  ["0,0", 0, 0],
  ["10000,0", 0, 10_000],
  ["0,10000", 10_000, 0],
  ["5000,20000", 20_000, 5_000],
  ["1,1", 1_000, 1_000],
])(
  "heart-beat:%s makes the broker send every %d ms and expect one every %d",
  (header, outgoing, incoming) => {
    expect(agreeHeartBeat(header, 1_000)).toEqual({ outgoing, incoming });
  },
);

test.each(["", "1", "1,2,3", "a,b", "-1,0", "1.5,0"])("heart-beat:%s is refused", (header) => {
  expect(() => agreeHeartBeat(header, 1_000)).toThrow("heart-beat");
});

test("a client is dropped after two and a half times what it promised, and not before", () => {
  const watch = new Watch(defaultLimits, 0);
  watch.open({ outgoing: 0, incoming: 10_000 });
  watch.heard(100);
  expect(watch.due(25_099).do).toBe("wait");
  expect(watch.due(25_100)).toEqual({ do: "drop", reason: "no heart-beats" });
});

test("the broker's heart-beat is due before its time, and not while there is other news", () => {
  const watch = new Watch(defaultLimits, 0);
  watch.open({ outgoing: 10_000, incoming: 0 });
  expect(watch.due(6_999).do).toBe("wait");
  expect(watch.due(7_000).do).toBe("beat");
  watch.said(7_000);
  expect(watch.due(13_999).do).toBe("wait");
});

test("a client that promised heart-beats and is silent is disconnected; one that sends them is not", async () => {
  const broker = await aBroker({ limits: { heartBeat: 50 } });
  const silent = await broker.client({ "heart-beat": "50,0" });
  const alive = await broker.client({ "heart-beat": "50,0" });
  const beating = setInterval(() => alive.write("\n"), 20);
  const error = await silent.hear();
  expect(error.headers.get("message")).toBe("no heart-beats");
  await silent.ended();
  await alive.told("SEND", { destination: "/topic/a" });
  expect(alive.unasked).toEqual([]);
  clearInterval(beating);
});

test("a client that asked for heart-beats gets them", async () => {
  const broker = await aBroker({ limits: { heartBeat: 20 } });
  const client = await broker.client({ "heart-beat": "0,20" });
  while (client.beats < 3) await new Promise((resolve) => client.socket.once("data", resolve));
  expect(client.unasked).toEqual([]);
});
