import { expect, test } from "vitest";
import { app } from "../../../lib/config/apps.ts";

/** What is wrong with an app that says this. */
const wrong = (said: object) => {
  const { error } = app.safeParse({ root: "/srv/shop", ...said });
  return (error?.issues ?? []).map(({ path, message }) => `${path.join(".")} ${message}`);
};
const container = (given: object) => ({
  driver: "container",
  image: { pull: "registry.example.com/shop" },
  port: 80,
  switch: given,
});

test.each([
  ["a check asks in one way", { check: {} }, ["check must have just one of url, tcp, command"]],
  [
    "and not in two",
    { check: { url: "http://127.0.0.1/", tcp: "127.0.0.1:80" } },
    ["check must have just one of url, tcp, command"],
  ],
  ["a port has a number", { check: { tcp: "127.0.0.1" } }, ["check.tcp must be HOST:PORT"]],
  [
    "the checks of a list as well",
    { checks: [{ tcp: "x:1" }, {}] },
    ["checks.1 must have just one of url, tcp, command"],
  ],
  ["a host is taken out in one way", { drain: {} }, ["drain must have just one of haproxy, nginx, command"]],
  [
    "a server of HAProxy cannot be two of its words",
    { drain: { haproxy: { socket: "/run/haproxy.sock", backend: "shop; quit" } } },
    ["drain.haproxy.backend must be the name of a backend such as shop"],
  ],
])("%s", (_what, said, expected) => {
  expect(wrong({ repository: "shop", ...said })).toEqual(expected);
});

test.each([
  ["visitors are sent in one way", {}, /just one of haproxy, nginx, caddy, redis, command/],
  [
    "Caddy is reached by its address alone",
    { caddy: { id: "shop", admin: "http://h/x" } },
    /must be an address/,
  ],
  ["its handler has a plain id", { caddy: { id: "a/b" } }, /must be the @id/],
])("%s", (_what, said, expected) => {
  expect(wrong(container(said)).join()).toMatch(expected);
});

test.each([
  { haproxy: { socket: "/run/{app}.sock", backend: "{label.pool}" } },
  { nginx: { file: "/etc/nginx/shop.conf" } },
  { caddy: { id: "shop" } },
  { redis: { frontend: "shop.example.com", password: { file: "redis" } } },
  { command: { run: ["/usr/local/bin/switch", "{host}"] } },
])("%j is a way to send visitors", (given) => {
  expect(wrong(container(given))).toEqual([]);
});
