import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { nameOf, parseAddresses, redacted } from "../../../lib/bus/address.ts";

describe("one broker", () => {
  test.each([
    ["stomp://a", { scheme: "stomp", host: "a", port: 61613, path: "" }],
    ["stomp+ssl://b.example.com", { scheme: "stomp+ssl", host: "b.example.com", port: 61614, path: "" }],
    ["ws://c:15674/ws", { scheme: "ws", host: "c", port: 15674, path: "/ws" }],
    ["wss://c/ws", { scheme: "wss", host: "c", port: 443, path: "/ws" }],
    ["stomp://[::1]:1", { scheme: "stomp", host: "::1", port: 1, path: "" }],
    ["stomp://u:p@a:2/deploy", { host: "a", port: 2, path: "/deploy", login: "u", passcode: "p" }],
    ["stomp://u:p@:,/x@a", { host: "a", login: "u", passcode: "p@:,/x" }],
    ["stomp://u%40x:%2F%3a@a", { login: "u@x", passcode: "/:" }],
    ["stomp://u:50%@a", { login: "u", passcode: "50%" }],
  ])("%s", (address, expected) => {
    expect(parseAddresses(address).brokers).toEqual([expect.objectContaining(expected)]);
  });
});

describe("several brokers", () => {
  test.each([
    "failover:(stomp://u:p@a:1,stomp+ssl://u:p@b:2)?randomize=false&initialReconnectDelay=10ms",
    "failover://(stomp://u:p@a:1, stomp+ssl://u:p@b:2)?initialReconnectDelay=10&randomize=false&timeout=-1",
    "failover:(stomp://u:p@a:1,stomp+ssl://u:p@b:2)?InitialReconnectDelay=10&randomize=false&Backup=false",
  ])("%s", (address) => {
    expect(parseAddresses(address)).toEqual({
      brokers: [
        { scheme: "stomp", host: "a", port: 1, path: "", login: "u", passcode: "p" },
        { scheme: "stomp+ssl", host: "b", port: 2, path: "", login: "u", passcode: "p" },
      ],
      randomize: false,
      initialReconnectDelay: 10,
      maxReconnectDelay: 30_000,
      backOffMultiplier: 2,
    });
  });

  test("a passcode may hold a comma", () => {
    const { brokers } = parseAddresses("failover:(stomp://u:a,b@a,stomp://u:p@b)");
    expect(brokers.map(({ passcode }) => passcode)).toEqual(["a,b", "p"]);
  });

  test("back-off can be turned off, and options may follow a single broker", () => {
    expect(parseAddresses("stomp://a?useExponentialBackOff=false&maxReconnectDelay=5s")).toMatchObject({
      backOffMultiplier: 1,
      maxReconnectDelay: 5_000,
    });
  });
});

test.each([
  ["", "broker 1"],
  ["a:61613", "broker 1"],
  ["http://a", "broker 1"],
  ["stomp://a:99999", "broker 1"],
  ["stomp://a:0", "broker 1"],
  ["stomp://a b", "broker 1"],
  ["failover:()", "broker 1"],
  ["failover:(stomp://a,stomp://)", "broker 2"],
  ["stomp://a?randomise=true", '"randomise"'],
  ["stomp://a?randomize=maybe", '"maybe"'],
  ["stomp://a?initialReconnectDelay=soon", '"soon"'],
  ["stomp://a?backOffMultiplier=0.5", '"0.5"'],
])("%j is refused: %s", (address, named) => {
  expect(() => parseAddresses(address)).toThrow(
    expect.objectContaining({ code: "BROKER_ADDRESS", message: expect.stringContaining(named) as string }),
  );
});

test("what is written can be read back, and is named without login and passcode", () => {
  const word = fc.stringMatching(/^[a-z][a-z0-9-]{0,9}$/);
  const secret = fc.string({ minLength: 12, maxLength: 30 }).map((text) => `${text}!`);
  const broker = fc.record({
    scheme: fc.constantFrom("stomp" as const, "stomp+ssl" as const, "ws" as const, "wss" as const),
    host: fc.oneof(word, fc.constant("10.0.0.1"), fc.constant("::1")),
    port: fc.integer({ min: 1, max: 65_535 }),
    path: fc.oneof(
      fc.constant(""),
      word.map((name) => `/${name}`),
    ),
    login: word,
    passcode: secret,
  });
  fc.assert(
    fc.property(fc.array(broker, { minLength: 1, maxLength: 4 }), (brokers) => {
      const written = brokers.map((each) => {
        const name = nameOf({ ...each, path: "" });
        return `${name.replace("://", `://${each.login}:${encodeURIComponent(each.passcode)}@`)}${each.path}`;
      });
      const address = `failover:(${written.join(",")})`;
      expect(parseAddresses(address).brokers).toEqual(brokers);
      expect(redacted(address)).toBe(brokers.map(nameOf).join(", "));
    }),
  );
});

test("no failure tells the passcode, however the address is damaged", () => {
  fc.assert(
    fc.property(fc.nat(60), fc.constantFrom("", "@", ":", "/", "(", ")", ",", "?", " "), (at, put) => {
      const whole = "failover:(stomp://user:S3CRET@a:61613,ws://b/x)?randomize=no";
      const address = whole.slice(0, at) + put + whole.slice(at + 1);
      expect(redacted(address)).not.toContain("S3CRET");
      expect(messageOf(() => parseAddresses(address))).not.toContain("S3CRET");
    }),
  );
});

function messageOf(action: () => unknown): string {
  try {
    action();
    return "";
  } catch (error) {
    return String(error);
  }
}
