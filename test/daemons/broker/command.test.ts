import { Buffer } from "node:buffer";
import { expect, test } from "vitest";
import { type Frame, type FrameCommand, frame } from "../../../daemons/broker/codec/frame.ts";
import { step } from "../../../daemons/broker/command.ts";
import { defaultLimits } from "../../../daemons/broker/limits.ts";
import type { Connected, Rules, Session } from "../../../daemons/broker/session.ts";

let ids = 0;
const rules: Rules = {
  authenticate: (login, passcode) => login === "ann" && passcode === "secret",
  permits: (login, verb, destination) =>
    !destination.includes("forbidden") && login !== "" && verb !== undefined,
  limits: { ...defaultLimits, subscriptions: 3, transactions: 2, transactionBytes: 2_000 },
  newId: () => `id-${ids++}`,
  now: () => 0,
};

const connected: Connected = {
  state: "connected",
  login: "ann",
  version: "1.2",
  clientId: undefined,
  subscriptions: new Map(),
  transactions: new Map(),
};

/** Lets a session take frames one after the other, and returns what the last one led to. */
function after(session: Session, ...frames: readonly Frame[]) {
  let outcome = step(session, frame("BEGIN", { transaction: "unused" }), rules);
  let current = session;
  for (const each of frames) {
    outcome = step(current, each, rules);
    current = outcome.session;
  }
  return outcome;
}

function refusal(session: Session, ...frames: readonly Frame[]): string | undefined {
  const { session: next, effects, answers } = after(session, ...frames);
  const [answer] = answers;
  if (answer?.say !== "refused") return undefined;
  expect(next).toEqual({ state: "ended" });
  expect(effects).toEqual([]);
  return answer.error.message;
}

const connect = (headers: Readonly<Record<string, string>>) =>
  frame("CONNECT", { "accept-version": "1.2", host: "/", login: "ann", passcode: "secret", ...headers });
const send = (headers: Readonly<Record<string, string>>, body = "") =>
  frame("SEND", { destination: "/queue/a", ...headers }, Buffer.from(body));
const subscribe = (headers: Readonly<Record<string, string>>) =>
  frame("SUBSCRIBE", { id: "1", destination: "/topic/a", ...headers });

test.each([
  ["1.2", "1.2"],
  ["1.0,1.1,1.2", "1.2"],
  ["1.1,2.0", "1.1"],
  ["1.0", "1.0"],
])("a client that accepts %s is answered in %s", (accepted, version) => {
  const [answer] = after({ state: "new" }, connect({ "accept-version": accepted })).answers;
  expect(answer?.say === "connected" && answer.frame.headers.get("version")).toBe(version);
});

test("a client that names no version speaks 1.0", () => {
  const bare = frame("CONNECT", { login: "ann", passcode: "secret" });
  const [answer] = after({ state: "new" }, bare).answers;
  expect(answer?.say === "connected" && answer.frame.headers.get("version")).toBe("1.0");
});

test("a client of another protocol version is refused", () => {
  const [answer] = after({ state: "new" }, connect({ "accept-version": "2.0" })).answers;
  expect(answer).toMatchObject({
    say: "refused",
    error: { message: "the broker speaks STOMP 1.2, 1.1, 1.0", headers: { version: "1.2,1.1,1.0" } },
  });
});

test("CONNECTED names the broker, and ids that need no escaping", () => {
  const [answer] = after({ state: "new" }, connect({ "heart-beat": "5000,0" })).answers;
  const headers = answer?.say === "connected" ? Object.fromEntries(answer.frame.headers) : {};
  expect(headers).toMatchObject({ version: "1.2", "heart-beat": "0,5000" });
  expect(headers["server"]).toMatch(/^skein\/\d+\.\d+\.\d+$/);
  expect(headers["session"]).toMatch(/^[A-Za-z0-9_-]+$/);
});

test.each([{ passcode: "wrong" }, { login: "nobody" }])("%j is refused, and says nothing more", (wrong) => {
  const outcome = after({ state: "new" }, connect(wrong));
  expect(outcome).toMatchObject({ session: { state: "ended" }, answers: [{ say: "login-refused" }] });
});

test.each([
  ["SEND before CONNECT", "new", send({})],
  ["a second CONNECT", "connected", connect({})],
  ["a second STOMP", "connected", frame("STOMP", {})],
  ["a heart-beat that is no pair", "new", connect({ "heart-beat": "1" })],
  ["a body on SUBSCRIBE", "connected", { ...subscribe({}), body: Buffer.from("x") }],
] as const)("S9: %s is refused", (_name, state, sent) => {
  expect(refusal(state === "new" ? { state } : connected, sent)).toBeDefined();
});

test.each(["MESSAGE", "RECEIPT", "ERROR", "CONNECTED"] as const)(
  "S9: %s is for the broker to send",
  (command) => {
    expect(refusal(connected, frame(command, {}))).toContain("for the broker to send");
    expect(refusal({ state: "new" }, frame(command, {}))).toContain("before CONNECT");
  },
);

test("after its end a session takes nothing", () => {
  expect(step({ state: "ended" }, send({}), rules)).toEqual({
    session: { state: "ended" },
    effects: [],
    answers: [],
  });
});

test.each([
  ["SEND", {}, "no destination header"],
  ["SEND", { destination: "nowhere" }, "is not a destination"],
  ["SEND", { destination: "/topic/a.*" }, "cannot be sent to the pattern"],
  ["SEND", { destination: "/topic/a.#" }, "cannot be sent to the pattern"],
  ["SEND", { destination: "/queue/forbidden" }, "may not send"],
  ["SUBSCRIBE", { id: "1" }, "no destination header"],
  ["SUBSCRIBE", { destination: "/queue/a" }, "no id header"],
  ["SUBSCRIBE", { id: "1", destination: "/queue/*" }, "queues have no patterns"],
  ["SUBSCRIBE", { id: "1", destination: "/topic/a", ack: "maybe" }, "ack is one of"],
  ["SUBSCRIBE", { id: "1", destination: "/topic/a", selector: "a > 1" }, "selectors"],
  ["SUBSCRIBE", { id: "1", destination: "/topic/a", "prefetch-count": "many" }, "prefetch"],
  ["SUBSCRIBE", { id: "1", destination: "/topic/forbidden.#" }, "may not subscribe"],
  ["UNSUBSCRIBE", {}, "no id header"],
  ["UNSUBSCRIBE", { id: "9" }, "no subscription"],
  ["ACK", {}, "names no delivery"],
  ["NACK", {}, "names no delivery"],
  ["BEGIN", {}, "no transaction header"],
  ["COMMIT", { transaction: "x" }, "is open"],
  ["ABORT", { transaction: "x" }, "is open"],
  ["SEND", { destination: "/queue/a", transaction: "x" }, "is open"],
] as const satisfies readonly [FrameCommand, Record<string, string>, string][])(
  "%s %j is refused: %s",
  (command, headers, reason) => {
    expect(refusal(connected, frame(command, headers))).toContain(reason);
  },
);

test("a refusal names the receipt that was asked for", () => {
  const { answers } = after(connected, send({ destination: "x", receipt: "r1" }));
  expect(answers).toMatchObject([{ say: "refused", receipt: "r1" }]);
});

test("a message keeps what its sender said, and not what the broker alone may say", () => {
  const forged = { "message-id": "m", subscription: "s", ack: "a", redelivered: "true", receipt: "r" };
  const [effect] = after(connected, send({ ...forged, subject: "hello", persistent: "true" })).effects;
  expect(effect?.do === "send" && Object.fromEntries(effect.message.headers)).toEqual({
    subject: "hello",
    persistent: "true",
  });
});

test("a subscription id is unique within its connection, and free again after UNSUBSCRIBE", () => {
  expect(refusal(connected, subscribe({}), subscribe({}))).toContain("is open");
  expect(refusal(connected, subscribe({}), frame("UNSUBSCRIBE", { id: "1" }), subscribe({}))).toBeUndefined();
});

test("subscriptions are bounded", () => {
  const many = ["1", "2", "3", "4"].map((id) => subscribe({ id }));
  expect(refusal(connected, ...many)).toContain("more than 3 subscriptions");
});

test("in 1.0 a subscription may go by its destination", () => {
  const old: Connected = { ...connected, version: "1.0" };
  const bare = frame("SUBSCRIBE", { destination: "/topic/a" });
  expect(after(old, bare).effects).toMatchObject([{ subscription: { id: "/topic/a", labelled: false } }]);
  const left = after(old, bare, frame("UNSUBSCRIBE", { destination: "/topic/a" }));
  expect(left.effects).toEqual([{ do: "unsubscribe", id: "/topic/a" }]);
});

test.each([
  [{ "prefetch-count": "5" }, 5],
  [{ "activemq.prefetchSize": "7" }, 7],
  [{ "prefetch-count": "1", "activemq.prefetchSize": "7" }, 1],
  [{ "prefetch-count": "0" }, Number.POSITIVE_INFINITY],
  [{}, Number.POSITIVE_INFINITY],
] as const)("%j lets %d deliveries wait for their acknowledgement", (headers, prefetch) => {
  expect(after(connected, subscribe(headers)).effects).toMatchObject([{ subscription: { prefetch } }]);
});

test("a transaction holds back what is sent and acknowledged until COMMIT, in order", () => {
  const begin = frame("BEGIN", { transaction: "t" });
  const held = [send({ transaction: "t" }, "1"), frame("ACK", { id: "d", transaction: "t" })];
  expect(after(connected, begin, ...held).effects).toEqual([]);
  const { effects, session } = after(connected, begin, ...held, frame("COMMIT", { transaction: "t" }));
  expect(effects.map((effect) => effect.do)).toEqual(["send", "settle"]);
  expect(session).toEqual(connected);
});

test("ABORT forgets what was held back", () => {
  const { effects, session } = after(
    connected,
    frame("BEGIN", { transaction: "t" }),
    send({ transaction: "t" }),
    frame("ABORT", { transaction: "t" }),
  );
  expect({ effects, session }).toEqual({ effects: [], session: connected });
});

test("transactions are bounded, in number and in what they hold", () => {
  const begins = ["a", "b", "c"].map((transaction) => frame("BEGIN", { transaction }));
  expect(refusal(connected, ...begins)).toContain("more than 2 transactions");
  const begin = frame("BEGIN", { transaction: "t" });
  expect(refusal(connected, begin, begin)).toContain("is open");
  expect(refusal(connected, begin, send({ transaction: "t" }, "x".repeat(2_000)))).toContain(
    "more than 2000 bytes",
  );
});

test("DISCONNECT ends the session, and its receipt comes before the end", () => {
  const outcome = after(connected, frame("DISCONNECT", { receipt: "bye" }));
  expect(outcome).toEqual({
    session: { state: "ended" },
    effects: [],
    answers: [{ say: "receipt", id: "bye" }, { say: "bye" }],
  });
});

test("every frame may ask for a receipt", () => {
  for (const each of [
    send({ receipt: "r" }),
    subscribe({ receipt: "r" }),
    frame("BEGIN", { transaction: "t", receipt: "r" }),
    frame("ACK", { id: "d", receipt: "r" }),
  ]) {
    expect(after(connected, each).answers).toEqual([{ say: "receipt", id: "r" }]);
  }
});

const portable = {
  durable: "true",
  "auto-delete": "false",
  "x-queue-name": "agent.web1.deploy",
  "activemq.subscriptionName": "agent.web1",
};

test("a durable subscription is named in the form of ActiveMQ, of RabbitMQ, or of both, and owned by its login", () => {
  const nameOf = (session: Connected, headers: Readonly<Record<string, string>>) => {
    const [effect] = after(session, subscribe(headers)).effects;
    return effect?.do === "subscribe" ? effect.subscription.durable : undefined;
  };
  const agent = { ...connected, clientId: "agent.web1" };
  expect(nameOf(agent, portable)).toBe('["ann","agent.web1","agent.web1"]');
  expect(nameOf(connected, portable)).toBe('["ann","agent.web1.deploy"]');
  expect(nameOf(connected, { durable: "true" })).toBe('["ann","1"]');
  expect(nameOf({ ...agent, login: "bob" }, portable)).toBe('["bob","agent.web1","agent.web1"]');
  expect(nameOf(connected, {})).toBeUndefined();
});

test("a durable subscription is deleted by one UNSUBSCRIBE as for RabbitMQ, or by two as for ActiveMQ", () => {
  const agent = { ...connected, clientId: "agent.web1" };
  const durable = '["ann","agent.web1","agent.web1"]';
  const rabbit = after(agent, subscribe(portable), frame("UNSUBSCRIBE", { id: "1", durable: "true" }));
  expect(rabbit.effects).toEqual([
    { do: "unsubscribe", id: "1" },
    { do: "forget", durable },
  ]);
  const left = [subscribe(portable), frame("UNSUBSCRIBE", { id: "1" })];
  expect(after(agent, ...left).effects).toEqual([{ do: "unsubscribe", id: "1" }]);
  const active = frame("UNSUBSCRIBE", { id: "1", "activemq.subscriptionName": "agent.web1" });
  expect(after(agent, ...left, active).effects).toEqual([{ do: "forget", durable }]);
});
