import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { message } from "../../lib/messages/catalogue.ts";
import { namesIn } from "../support/on-disk.ts";
import { recordingServer } from "../support/recording-server.ts";
import { setStage } from "../support/stage.ts";
import { until } from "../support/until.ts";

test("a notifier that is killed in the middle tells the rest when it is back: nothing is lost, in order, one repeated at most", async () => {
  let slow = true;
  const server = await recordingServer(async (_request, index) => {
    // The fourth is under way when the end comes.
    if (slow && index === 3) await new Promise(() => undefined);
    return {};
  });
  const stage = await setStage({
    config: {
      notifier: { channels: { program: { type: "http", url: server.url } }, rules: [{ to: ["program"] }] },
    },
  });
  onTestFinished(stage.close);
  const broker = stage.start("run", "broker");
  await broker.says("ready");
  const first = stage.start("run", "notifier");
  await first.says("ready");
  const session = await stage.session();
  const texts = Array.from({ length: 10 }, (_, index) => `test: ${index}`);
  for (const [index] of texts.entries())
    await session.say(
      message("event.said", { source: "test", text: String(index), at: new Date().toISOString() }),
    );
  await session.close();
  await until("all are on disk, and three are told", () => {
    const waiting = namesIn(join(stage.state, "notifier", "waiting")).filter((name) =>
      name.endsWith(".json"),
    );
    return server.requests.length === 4 && waiting.length === 7;
  });
  await first.kill();
  slow = false;
  stage.start("run", "notifier");
  const told = () => server.requests.map(({ json }) => String(json["text"]));
  await until("all are told", () => told().includes("test: 9"));
  expect(told()).toEqual([...texts.slice(0, 4), ...texts.slice(3)]);
});

test("`skein notify` tests a channel, and shows what a message would tell", async () => {
  const server = await recordingServer(({ path }) =>
    path === "/gone" ? { status: 410, body: "channel_is_archived" } : {},
  );
  const hook = (path: string) => ({ type: "http", url: `${server.url}${path}` });
  const stage = await setStage({
    config: {
      notifier: {
        channels: { good: hook("/"), gone: hook("/gone") },
        rules: [{ to: ["good"], types: ["event.said"], template: "{{data.text}}, says {{source}}" }],
      },
    },
  });
  onTestFinished(stage.close);
  expect(await stage.skein("notify", "test", "good", "--text", "hello")).toMatchObject({
    status: 0,
    stdout: "good took it\n",
  });
  expect(server.requests[0]?.json).toMatchObject({ type: "test", text: "hello" });
  const gone = await stage.skein("notify", "test", "gone");
  expect(gone.status).not.toBe(0);
  expect(gone.stderr).toContain("Cannot tell gone: it answers 410: channel_is_archived");
  const unknown = await stage.skein("notify", "test", "nobody");
  expect(unknown.stderr).toContain("the channels are good, gone");
  const event = {
    specversion: "1.0",
    id: "1",
    source: "//web1/announcer",
    type: "event.said",
    time: "2026-11-21T10:15:02Z",
    data: { source: "announcer", text: "red \u001b[31malert", at: "2026-11-21T10:15:02Z" },
  };
  const shown = await stage.skeinWith(JSON.stringify(event), "notify", "preview");
  expect(shown.stdout).toBe("good: red \\u001b[31malert, says announcer\n");
  const silent = await stage.skeinWith(
    JSON.stringify({ ...event, data: { ...event.data, source: "notifier" } }),
    "notify",
    "preview",
  );
  expect(silent).toMatchObject({ status: 0, stdout: "" });
});
