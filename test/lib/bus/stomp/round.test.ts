import { expect, test } from "vitest";
import { nameOf, parseAddresses } from "../../../../lib/bus/address.ts";
import { firstOf, orderOf } from "../../../../lib/bus/stomp/round.ts";
import { Failure } from "../../../../lib/failure.ts";

const { brokers } = parseAddresses("failover:(stomp://a,stomp://b,stomp://c)");
const namesIn = (order: readonly (typeof brokers)[number][]): string =>
  order.map(({ host }) => host).join("");

test("brokers are tried in the order of the list, the one that was lost last", () => {
  expect(namesIn(orderOf({ brokers, randomize: false }, undefined))).toBe("abc");
  expect(namesIn(orderOf({ brokers, randomize: false }, brokers[0]))).toBe("bca");
});

test("or in an order of chance, the one that was lost last all the same", () => {
  const falling = () => {
    let chance = 1;
    return () => (chance -= 0.1);
  };

  expect(namesIn(orderOf({ brokers, randomize: true }, undefined, falling()))).toBe("cba");
  expect(namesIn(orderOf({ brokers, randomize: true }, brokers[2], falling()))).toBe("bac");
});

test("the first that answers is taken", async () => {
  const tried: string[] = [];
  const open = async (broker: (typeof brokers)[number]): Promise<string> => {
    tried.push(broker.host);
    if (broker.host === "b") return "there";
    throw new Failure("BROKER_UNREACHABLE", `no ${nameOf(broker)}`, { transient: true });
  };

  await expect(firstOf(brokers, open)).resolves.toBe("there");
  expect(tried).toEqual(["a", "b"]);
});

test("a refused login weighs more than brokers that are away", async () => {
  const open = async ({ host }: (typeof brokers)[number]): Promise<never> => {
    throw host === "b" ? new Failure("BROKER_REFUSED", "no") : new Error("away");
  };

  await expect(firstOf(brokers, open)).rejects.toMatchObject({ code: "BROKER_REFUSED" });
});
