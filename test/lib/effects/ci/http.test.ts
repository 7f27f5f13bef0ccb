import { createHmac } from "node:crypto";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { filled, filledIn, PLACES, valuesOf } from "../../../../lib/effects/ci/fill.ts";
import { webhookCi } from "../../../../lib/effects/ci/http.ts";
import { http } from "../../../../lib/effects/http.ts";
import { projectName, refName } from "../../../../lib/schema/names.ts";
import { Secret } from "../../../../lib/schema/secret.ts";
import { revisionOf } from "../../../support/builders.ts";
import { anOrder } from "../../../support/orders.ts";
import { scriptedServer } from "../../../support/scripted-server.ts";

const server = scriptedServer();
afterAll(() => server.close());
const open = async (more: Partial<Parameters<typeof webhookCi>[0]> = {}) =>
  webhookCi({ url: `${await server.url()}/hook?of=us`, http, ...more });
const place = { job: "unit", ref: refName.parse("refs/heads/main") };
const order = anOrder({ job: "unit", parameters: { COMMIT: revisionOf("a") } });
const bodyOf = (index = 0) => JSON.parse(server.asked[index]?.body ?? "") as Record<string, unknown>;

test("a request says what is to be built, and where its result is expected", async () => {
  server.script({ "POST /hook": { status: 202 } });
  const callback = { url: "https://me/builds/x", token: "t" };
  const token = new Secret("s3cr3t");
  expect(await (await open({ token })).trigger({ ...order, callback })).toEqual({ item: order.build });
  expect(bodyOf()).toEqual({
    build: order.build,
    job: "unit",
    repository: "shop",
    project: "",
    ref: "refs/heads/main",
    branch: "main",
    revision: revisionOf("a"),
    parameters: { COMMIT: revisionOf("a") },
    callback,
  });
  expect(server.asked[0]).toMatchObject({
    path: "/hook?of=us",
    headers: { authorization: "Bearer s3cr3t", "idempotency-key": order.build },
  });
});

test("a request may be signed, over the bytes that are sent", async () => {
  server.script({ "POST /hook": { status: 200 } });
  await (await open({ sign: new Secret("key") })).trigger(order);
  const { body = "", headers } = server.asked[0] ?? {};
  const expected = createHmac("sha256", "key").update(body).digest("hex");
  expect(headers?.["x-skein-signature-256"]).toBe(`sha256=${expected}`);
});

test("what is posted is for the configuration to say, as deep as it likes", async () => {
  server.script({ "POST /hook": { status: 200 } });
  const body = {
    event: "push",
    data: { shas: ["{revision}"], note: "{project} at {branch}", fixed: 3, on: true },
  };
  const ci = await open({ body });
  await ci.trigger(anOrder({ project: projectName.parse('"}, {revision}') }));
  expect(bodyOf()).toEqual({
    event: "push",
    data: { shas: [revisionOf("a")], note: '"}, {revision} at main', fixed: 3, on: true },
  });
});

test("whatever a value holds, it stays where it was put", () => {
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom(...PLACES), fc.string()), (values) => {
      const template = { "{build}": ["a{build}b{ref}c", { deep: "{job}" }], next: 1 };
      const value = (name: string) => values[name] ?? `{${name}}`;
      expect(JSON.parse(JSON.stringify(filledIn(template, values)))).toEqual({
        "{build}": [`a${value("build")}b${value("ref")}c`, { deep: value("job") }],
        next: 1,
      });
      expect(filled("{job}{job}", values)).toBe(value("job").repeat(2));
    }),
  );
  expect(Object.keys(valuesOf(order))).toEqual([...PLACES]);
});

test.each([
  [401, "CI_REFUSED", false],
  [404, "CI_JOB_UNKNOWN", false],
  [302, "CI_ANSWER", false],
  [500, "CI_UNREACHABLE", true],
])("an answer of %d is no success", async (status, code, transient) => {
  server.script({ "POST /hook": { status, headers: { location: "http://169.254.169.254/" } } });
  await expect((await open()).trigger(order)).rejects.toMatchObject({ code, transient });
  expect(server.asked).toHaveLength(1);
});

describe("where nobody calls back, the build is looked at", () => {
  const status = async () => ({
    url: `${await server.url()}/builds/{id}`,
    id: "build.id",
    outcome: "state",
    page: "web",
    running: ["running"],
    passed: ["green"],
    unstable: ["yellow"],
    failed: ["red"],
    errored: ["broken"],
    cancelled: ["stopped"],
  });

  test("under the id that the server gave it", async () => {
    server.script({ "POST /hook": { status: 201, body: { build: { id: 42 } } } });
    const handle = await (await open({ status: await status() })).trigger(order);
    expect(handle).toEqual({ run: "42" });
  });

  test.each([{ build: {} }, { build: { id: "../42" } }, { build: { id: { a: 1 } } }, [], "x", null])(
    "an answer without an id that can be one is no success: %j",
    async (body) => {
      server.script({ "POST /hook": { status: 200, body: JSON.stringify(body) } });
      await expect((await open({ status: await status() })).trigger(order)).rejects.toMatchObject({
        code: "CI_ANSWER",
      });
    },
  );

  test.each([
    ["running", { state: "running", url: "https://ci/42" }],
    ["green", { state: "ended", result: "passed" }],
    ["yellow", { state: "ended", result: "unstable", reason: "the server says yellow" }],
    ["red", { state: "ended", result: "failed" }],
    ["broken", { state: "ended", result: "errored" }],
    ["stopped", { state: "ended", result: "cancelled" }],
    ["waiting", { state: "queued" }],
  ])("%s", async (state, expected) => {
    server.script({ "GET /builds/42": { status: 200, body: { state, web: "https://ci/42" } } });
    expect(await (await open({ status: await status() })).poll({ run: "42" }, place)).toMatchObject(expected);
  });

  test("one that is gone is lost", async () => {
    server.script({ "GET /builds/42": { status: 404 } });
    expect(await (await open({ status: await status() })).poll({ run: "42" }, place)).toEqual({
      state: "lost",
    });
  });

  test("an address for people that is none is left out", async () => {
    server.script({
      "GET /builds/42": { status: 200, body: { state: "running", web: "javascript:alert(1)" } },
    });
    expect(await (await open({ status: await status() })).poll({ run: "42" }, place)).toMatchObject({
      url: undefined,
    });
  });
});
