import { expect, test } from "vitest";
import { message } from "../../../lib/messages/catalogue.ts";
import { decode, enclose, encode } from "../../../lib/messages/envelope.ts";
import { aPush } from "../../support/builders.ts";

const now = new Date("2026-11-21T10:15:02Z");
const said = (push = aPush()) => enclose(message("commit.pushed", push), { source: "//git1/announcer", now });

test("what is encoded is a CloudEvent, and decodes to the same", () => {
  const envelope = said();
  expect(JSON.parse(encode(envelope).toString())).toMatchObject({
    specversion: "1.0",
    type: "commit.pushed",
    source: "//git1/announcer",
    datacontenttype: "application/json",
  });
  expect(decode(encode(envelope))).toEqual(envelope);
});

test("the same cause has the same id; another before, after or time has another", () => {
  expect(said().id).toBe(said().id);
  const others = [
    aPush({ after: "b".repeat(40) }),
    aPush({ before: "b".repeat(40) }),
    aPush({ at: "2026-11-21T11:00:00Z" }),
    aPush({ ref: "refs/tags/v1" }),
  ];
  expect(new Set([said(), ...others.map(said)].map(({ id }) => id)).size).toBe(5);
});

test("a reply keeps the correlation of its cause, and names it", () => {
  const cause = said();
  const reply = enclose(message("event.said", { source: "x", text: "y", at: now.toISOString() }), {
    source: "//h/d",
    now,
    cause,
  });
  expect(reply).toMatchObject({ correlation: cause.id, cause: cause.id });
});

test("unknown keys are ignored", () => {
  const record = JSON.parse(encode(said()).toString()) as Record<string, object>;
  const more = { ...record, colour: "red", data: { ...record["data"], shape: "round" } };
  expect(decode(Buffer.from(JSON.stringify(more)))).toEqual(said());
});

test.each([
  ["what is not JSON", "hello", "MESSAGE_INVALID"],
  ["what is not an object", "[]", "MESSAGE_INVALID"],
  ["bytes that are not UTF-8", Buffer.from([0x22, 0xff, 0x22]), "MESSAGE_INVALID"],
  ["an unknown type", JSON.stringify({ ...said(), type: "x.y" }), "MESSAGE_UNKNOWN"],
  ["a type that every object has", JSON.stringify({ ...said(), type: "constructor" }), "MESSAGE_UNKNOWN"],
  ["data that lacks fields", JSON.stringify({ ...said(), data: {} }), "MESSAGE_INVALID"],
  [
    "a ref that is none",
    JSON.stringify({ ...said(), data: { ...aPush(), ref: "refs/heads/$(x)" } }),
    "MESSAGE_INVALID",
  ],
])("%s is refused", (_name, body, code) => {
  expect(() => decode(Buffer.from(body))).toThrow(expect.objectContaining({ code }));
});
