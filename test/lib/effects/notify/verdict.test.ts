import { expect, test } from "vitest";
import type { HttpAnswer } from "../../../../lib/effects/http.ts";
import { verdictOf } from "../../../../lib/effects/notify/verdict.ts";

const NOW = Date.parse("2026-11-21T10:00:00Z");
const answer = (status: number, headers: Record<string, string> = {}, body = ""): HttpAnswer => ({
  status,
  headers,
  body: Buffer.from(body),
  cut: false,
});

test.each([200, 201, 204])("%i is taken", (status) => {
  expect(verdictOf(answer(status))).toEqual({ kind: "sent" });
});

test.each([400, 403, 404, 409, 410, 422])("%i is refused for good, with what the server says", (status) => {
  expect(verdictOf(answer(status, {}, "no_service"))).toEqual({
    kind: "refused",
    reason: `it answers ${status}: no_service`,
  });
});

test.each([408, 429, 500, 502, 503])("%i may pass", (status) => {
  expect(verdictOf(answer(status))).toMatchObject({ kind: "failed" });
});

test("a login that is refused may be mended, and what waits is still true then", () => {
  expect(verdictOf(answer(401))).toMatchObject({
    kind: "failed",
    reason: "it answers 401: the login is refused",
  });
});

test("a redirect is refused, whatever it leads to", () => {
  expect(verdictOf(answer(307, { location: "http://169.254.169.254/" }))).toEqual({
    kind: "refused",
    reason: "it answers 307: a redirect, which is never followed",
  });
});

test.each([
  [answer(429, { "retry-after": "30" }), 30_000],
  [answer(503, { "retry-after": "Sat, 21 Nov 2026 10:02:00 GMT" }), 120_000],
  [answer(403, { "retry-after": "60" }), 60_000],
  [answer(403, { "x-ratelimit-remaining": "0", "x-ratelimit-reset": String(NOW / 1_000 + 90) }), 90_000],
  [answer(429, {}, '{"errcode":"M_LIMIT_EXCEEDED","retry_after_ms":2500}'), 2_500],
  [answer(429, { "retry-after": "999999999" }), 6 * 3_600_000],
  [answer(429, { "retry-after": "soon" }), undefined],
  [answer(429, { "retry-after": "Sat, 21 Nov 2020 10:02:00 GMT" }), 0],
])("a server that asks to be left alone is, within reason: %#", (said, after) => {
  expect(verdictOf(said, NOW)).toMatchObject({ kind: "failed", after });
});

test("of a page that is answered nothing is quoted", () => {
  expect(verdictOf(answer(404, {}, "<!doctype html><p>hello"))).toEqual({
    kind: "refused",
    reason: "it answers 404",
  });
});
