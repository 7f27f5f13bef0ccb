import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { Bus, Delivery } from "../../lib/bus/bus.ts";
import { connectBus } from "../../lib/bus/connect.ts";
import { busAddress } from "../../lib/config/broker-file.ts";
import { openLog } from "../../lib/log.ts";
import { type Ran, runSkein, type Running, startSkein } from "../support/program.ts";
import { until } from "../support/until.ts";

let folder: string;
let broker: Running;
let bus: Bus;
const heard: Delivery[] = [];
const env = () => ({ PATH: process.env["PATH"] ?? "", HOME: folder });
const skein = (...words: string[]): Promise<Ran> => runSkein(["dead", ...words], { cwd: folder, env: env() });

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "skein-dead-"));
  writeFileSync(join(folder, "skein.yaml"), 'state: ./state\nbroker: { listen: "127.0.0.1:0" }\n');
  broker = startSkein(["run", "broker"], { cwd: folder, env: env() });
  await broker.says("ready:");
  const address = busAddress({ bus: undefined, state: join(folder, "state") });
  bus = await connectBus({ address, clientId: "test", wait: false, log: await openLog({ level: "silent" }) });
  const interest = { destination: "/topic/skein.test", kind: "news", name: "test", concurrency: 1 } as const;
  await bus.subscribe(interest, (delivery) => Promise.resolve(void heard.push(delivery)));
});
afterAll(async () => {
  await bus.drain();
  await broker.stop();
  rmSync(folder, { recursive: true });
});
beforeEach(async () => {
  heard.length = 0;
  await skein("drop", "--all");
});

async function bury(body: string, meantFor = "/topic/skein.test"): Promise<void> {
  const headers = {
    "content-type": "text/plain",
    "original-destination": meantFor,
    "skein-code": "UNEXPECTED",
    "skein-reason": `no use for ${body}`,
  };
  await bus.publish({ destination: "/queue/skein.dead", headers, body: Buffer.from(body), persistent: true });
}

const listed = async () => (await skein("list", "--json")).json;

test("dead letters are listed, the oldest first, and lie there as before", async () => {
  expect((await skein()).stdout).toBe("Nothing lies in the dead letters.\n");
  for (const body of ["one", "two", "three"]) await bury(body);
  const first = await listed();
  expect(first).toMatchObject([
    { meantFor: "/topic/skein.test", code: "UNEXPECTED", reason: "no use for one", bytes: 3 },
    { reason: "no use for two" },
    { reason: "no use for three" },
  ]);
  expect((await skein()).stdout).toMatch(
    /meant for .*\n\w{12} {2}\/topic\/skein\.test {2}UNEXPECTED {2}no use for one/,
  );
  expect(await listed()).toEqual(first);
});

test("one is shown, with what its sender said, and nothing in it reaches the terminal", async () => {
  await bury("a\u001b[2Jb\nc");
  const [letter] = await listed();
  const { stdout, status } = await skein("show", String(letter?.["id"]));
  expect(status).toBe(0);
  expect(stdout).toContain("content-type: text/plain\n\na\\u001b[2Jb\nc\n");
  expect(stdout).not.toContain("\u001b[2J");
});

test("one is sent again to where it was meant for, another dropped, and the third stays", async () => {
  for (const body of ["one", "two", "three"]) await bury(body);
  const ids = (await listed()).map(({ id }) => String(id));
  expect((await skein("retry", ids[1]!)).stdout).toBe(`${ids[1]}  sent to /topic/skein.test\n`);
  await until("it is heard", () => heard.length > 0);
  expect(heard.map(({ body, headers }) => [Buffer.from(body).toString(), headers["content-type"]])).toEqual([
    ["two", "text/plain"],
  ]);
  expect(heard[0]?.headers["skein-code"]).toBeUndefined();
  expect((await skein("drop", ids[0]!)).stdout).toBe(`${ids[0]}  dropped\n`);
  expect(await listed()).toMatchObject([{ id: ids[2] }]);
});

test("one that was meant for somewhere else is not sent there, and stays", async () => {
  await bury("x", "/queue/payroll");
  const { status, stderr } = await skein("retry", "--all");
  expect([status, stderr]).toEqual([
    1,
    expect.stringContaining("stays: it was meant for /queue/payroll, which is not below skein"),
  ]);
  expect(await listed()).toHaveLength(1);
});

test("what is not there is named; nothing at all is refused", async () => {
  expect(await skein("drop", "0123456789ab")).toMatchObject({
    status: 1,
    stderr: 'skein: there is no dead letter "0123456789ab"\n',
  });
  expect(await skein("retry")).toMatchObject({ status: 64 });
});

test("the mark that somebody left who was killed meanwhile is no letter", async () => {
  await bus.publish({
    destination: "/queue/skein.dead",
    headers: { "skein-end-of-letters": "another" },
    body: new Uint8Array(),
    persistent: true,
  });
  await bury("one");
  expect(await listed()).toMatchObject([{ reason: "no use for one" }]);
});
