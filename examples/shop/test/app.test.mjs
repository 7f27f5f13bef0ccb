import assert from "node:assert/strict";
import { test } from "node:test";
import { goods, price, respond } from "../app.mjs";

test("the shop sells something", () => {
  assert.ok(goods.length > 0);
});

test("prices are in pounds", () => {
  assert.equal(price(350), "£3.50");
});

test("the front page answers", () => {
  assert.equal(respond("/")[0], 200);
});

test("what is not there is not found", () => {
  assert.equal(respond("/nothing")[0], 404);
});
