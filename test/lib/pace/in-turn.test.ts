import { expect, test } from "vitest";
import { inTurn } from "../../../lib/pace/in-turn.ts";

test("one at a time works on a thing, and others on other things meanwhile", async () => {
  const turn = inTurn<string>();
  const told: string[] = [];
  let letGo: () => void = () => undefined;
  const held = new Promise<void>((resolve) => (letGo = resolve));
  const first = turn("a", async () => {
    told.push("a begins");
    await held;
    told.push("a ends");
    throw new Error("and fails");
  });
  const second = turn("a", async () => told.push("a again"));
  await turn("b", async () => told.push("b"));
  expect(told).toEqual(["a begins", "b"]);
  letGo();
  await expect(first).rejects.toThrow("and fails");
  await second;
  expect(told).toEqual(["a begins", "b", "a ends", "a again"]);
});
